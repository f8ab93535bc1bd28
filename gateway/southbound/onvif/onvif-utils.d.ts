/** The package types its camera, not this file of it. */
declare module 'onvif/lib/utils.js' {
  const utils: unknown
  export = utils
}
