/** The page that may call in the name of the projects of tests. */
export const ORIGIN = 'https://app.example.test'
