/** Thrown while reading foreign bytes, and caught at the codec's door, where it becomes the reason of a refusal. */
export class Malformed extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'Malformed'
  }
}
