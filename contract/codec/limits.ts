/**
 * What one telemetry message may hold. The encoder throws above these (a bug of the caller); the decoder refuses.
 * A decoder that keeps them needs less than 64 MiB for the worst message.
 */
const MiB = 1024 * 1024

export const maxMessageBytes = MiB
/** Of the body after decompression. */
export const maxBodyBytes = 8 * MiB
export const maxSamples = 100_000
export const maxSeries = 10_000
export const maxTexts = 10_000
/** Of a text value, in UTF-8. */
export const maxTextBytes = 4096
/** Of a device's or a point's name, in UTF-8. */
export const maxNameBytes = 512
/** Of all names and texts of a message together, each counted in full. */
export const maxStringBytes = 4 * MiB
