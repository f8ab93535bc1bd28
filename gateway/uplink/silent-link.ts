/** The connection stands, but nothing comes through it any more. */
export class SilentLink extends Error {}
