/** One string for a name within a project. The length keeps apart what no separator could: either text may hold anything. */
export function projectKey(projectId: string, name: string): string {
  return `${projectId.length}:${projectId}${name}`
}
