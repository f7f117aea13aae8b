import { closeSync, openSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { createLogger, openLogStream } from '../../src/logger.ts'

it('a log that cannot be written ends nobody, not at exit either', async () => {
  // A terminal that has gone or a full disk answers alike: with an error that does not pass.
  const readOnly = openSync('/dev/null', 'r')
  onTestFinished(() => closeSync(readOnly))
  const stream = openLogStream(readOnly)
  const errors: NodeJS.ErrnoException[] = []
  stream.on('error', (error: NodeJS.ErrnoException) => errors.push(error))
  const logger = createLogger('info', stream)
  for (let line = 0; line < 2_000; line += 1) logger.info({ pad: 'x'.repeat(100) }, 'a line')
  await new Promise((resolve) => logger.flush(resolve))
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['EBADF']))
  logger.info('another line')
  stream.flushSync()
})
