/** The part of `ksuid` 3.0.0 that we use; the package ships no types. */
declare module 'ksuid' {
  export default class KSUID {
    static fromParts(timestampMs: number, payload: Buffer): KSUID
    readonly string: string
  }
}
