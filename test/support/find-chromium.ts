import { findProgram } from './find-program.ts'

/** A Chromium to run pages in. */
export function findChromium(): string {
  return findProgram({
    what: 'Chromium',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    variable: 'CHROMIUM',
    package: 'chromium',
    remedy: 'Install one (`apt-get install chromium`)',
  })
}
