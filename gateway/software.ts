import manifest from '../package.json' with { type: 'json' }

/** Name and version as the cloud and the operator see them. */
export const software = `${manifest.name} ${manifest.version}`
