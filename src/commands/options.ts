/** What commander hands to the commands. */

/** Options that every command takes. */
export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** Of commands that run tasks. */
export interface BlackoutOptions {
  readonly ignoreBlackout?: boolean;
}

/** Options of `run` and `plan`. */
export interface TaskOptions extends CommonOptions {
  readonly spec?: string;
  readonly db?: string;
  readonly host?: string;
  readonly password?: string;
  readonly user?: string;
  readonly port?: string;
  readonly batch?: string;
}
