/* Loaded before the program: its clock is CLOCK_SHIFT_MS off until SIGUSR2, and right from then on. */
let shift = Number(process.env.CLOCK_SHIFT_MS)
const Real = Date
process.on('SIGUSR2', () => {
  shift = 0
})
class ShiftedDate extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + shift)
    else super(...args)
  }
  static now() {
    return Real.now() + shift
  }
}
Object.defineProperty(ShiftedDate, 'name', { value: 'Date' })
globalThis.Date = ShiftedDate
