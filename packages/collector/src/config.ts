// Settings, as the rest of the collector sees them; the folder `config` holds one room for each part of their way.
export { ConfigError } from './config/config-error'
export { readConfig, readLastingConfig, resolveConfig } from './config/read-config'
export { variableNames, type Config } from './config/settings'
export { configTable, explainConfig, tellSettings } from './config/tell-config'
