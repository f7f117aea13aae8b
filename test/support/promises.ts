import ts from 'typescript'

/** The ids a page of promises defines: `- **4MICA-01** …` at the start of a line. */
export function readPromiseIds(page: string): readonly string[] {
  return [...page.matchAll(/^- \*\*([A-Z0-9]+-\d+)\*\*/gm)].map(([, id]) => String(id))
}

/**
 * The titles of the tests in a file: of `it(…)`, `test(…)` and their `.each`, `.for`, `.concurrent` and `.fails` forms.
 * Skipped ones and `todo` prove nothing and are left out.
 */
export function readTestTitles(file: string, source: string): readonly string[] {
  const titles: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const title = textOf(node.arguments[0])
      if (title !== null) titles.push(title)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.ESNext))
  return titles
}

/** Is it what a test is declared with: `it`, `it.each([…])`, `it.concurrent`, … ? */
function isTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return callee.text === 'it' || callee.text === 'test'
  if (ts.isCallExpression(callee)) return isTest(callee.expression)
  if (!ts.isPropertyAccessExpression(callee)) return false
  return !/^(?:skip|skipIf|runIf|todo|only)$/.test(callee.name.text) && isTest(callee.expression)
}

/** The text of a literal; of a template, up to its first hole. */
function textOf(node: ts.Node | undefined): string | null {
  if (node === undefined) return null
  if (ts.isStringLiteralLike(node)) return node.text
  return ts.isTemplateExpression(node) ? node.head.text : null
}
