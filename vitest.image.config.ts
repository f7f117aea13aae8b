import { defineConfig } from 'vitest/config'

/** `npm run test:image`: needs docker or podman, and minutes. */
export default defineConfig({
  test: {
    include: ['test/image/*.check.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 900_000,
    retry: 0,
  },
})
