// Every setting, described once: for the program, its help and its docs, in the order in which they are told.
import type { z } from 'zod'
import { callerSettings } from './caller-settings'
import { countingSettings } from './counting-settings'
import { keepingSettings } from './keeping-settings'
import { rateSettings, sizeSettings } from './limit-settings'
import { operationSettings } from './operation-settings'
import { placeSettings } from './place-settings'
import type { Setting } from './setting'

export const settings = {
  ...placeSettings,
  ...keepingSettings,
  ...callerSettings,
  ...countingSettings,
  ...rateSettings,
  ...operationSettings,
  ...sizeSettings,
} as const

type Settings = typeof settings

export type Config = { readonly [Key in keyof Settings]: z.output<Settings[Key]['schema']> }

export const settingNames = Object.keys(settings) as (keyof Settings)[]

export const describe = (name: keyof Settings): Setting<z.ZodType> => settings[name]

/** The environment twin of a flag: `--data-dir` → `DATA_DIR`. */
export const variableOf = (flag: string) => flag.slice(2).replaceAll('-', '_').toUpperCase()

/** Names of all environment variables that are settings. */
export const variableNames = (): Set<string> => new Set(settingNames.map((name) => variableOf(describe(name).flag)))
