/** What the pages are made of. */
export interface PageAssets {
  readonly playgroundScript: string
  readonly docsScript: string
  /** As they were written, in Markdown. */
  readonly guides: readonly Guide[]
}

export interface Guide {
  /** Its file's name without the ending, and its place under `/docs`. */
  readonly slug: string
  readonly text: string
}
