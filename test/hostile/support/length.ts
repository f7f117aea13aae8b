/** Whether this run takes its time: everything, on both stores. `npm run test:hostile` asks for it. */
export const IS_LONG = process.env['HOSTILE'] === 'long'

/** All of them in a long run; else about so many, spread evenly over the list, other ones for another `offset`. */
export function sampleOfRun<T>(all: readonly T[], count: number, offset: number): readonly T[] {
  const step = IS_LONG ? 1 : Math.max(1, Math.floor(all.length / count))
  return all.filter((_, index) => index % step === offset % step)
}
