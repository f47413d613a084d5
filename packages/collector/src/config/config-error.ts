// What cannot be started is told as a list of sentences and an exit code.

/** A configuration that cannot be used. `problems` holds one sentence per mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(
    readonly problems: readonly string[],
    /** 2 for a wrong call, 78 (EX_CONFIG of sysexits.h) for a wrong value. */
    readonly exitCode: 2 | 78,
  ) {
    super(problems.join('\n'))
  }
}
