/** A daemon that shares its state with another: it stands by until it is to lead, leads as long as it may, and so on. */
import { secretsOf, type Config } from '../config/config.ts';
import { processSupervision } from '../config/supervision.ts';
import { startStandby, type Standby } from '../daemon/standby.ts';
import { startSupervisor, type DaemonState, type Supervisor } from '../daemon/supervisor.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import { followUntilLeading, type FollowerStatus, type Won } from '../ha/following.ts';
import { beginLeading, type Leadership } from '../ha/leading.ts';
import type { SharedState } from '../ha/shared-state.ts';
import { createLog } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports.ts';
import { createRedactor } from '../redact.ts';
import { parseSpec } from '../spec/parse.ts';
import { positionOf } from '../state/changes.ts';
import { openFollower, openState, type StateDatabase } from '../state/database.ts';
import { daemonLockPath, requireLock } from '../state/lock.ts';
import { pausedTasks } from '../state/pauses.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { openGenerations } from './generations.ts';
import { thisNode, stateInCommon } from './in-common.ts';
import { openShared } from './installation.ts';
import { historyOf } from './kept-history.ts';
import { namesIn } from './load.ts';
import { logSettings } from './log-settings.ts';
import { metricsPast } from './metrics-past.ts';
import { daemonSettings, heedHangUps, reloadConfig, type HangUps } from './reload.ts';
import { serve, STARTING } from './serve.ts';
import { standbyPages } from './standby-pages.ts';

export interface OfTwoOptions {
  readonly config: Config;
  readonly load: () => Config;
  readonly metrics: Metrics;
  /** Begin with the state in this folder though another may have more. */
  readonly seed: boolean;
}

/** What both turns of such a daemon work with. */
interface Parts {
  config: Config;
  readonly load: () => Config;
  readonly metrics: Metrics;
  readonly shared: SharedState;
  readonly supervisor: Supervisor;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly onState: (state: () => DaemonState) => void;
  readonly hangUps: HangUps;
}

export async function daemonOfTwo({ config, load, metrics, seed }: OfTwoOptions): Promise<ExitCode> {
  const redact = createRedactor(secretsOf(config));
  const log = createLog({
    logsDir: config.logs_dir,
    ...logSettings(config),
    redact,
    onWriteFailure: () => {},
  });
  const shared = stateInCommon(config);
  let state = (): DaemonState => STARTING;
  const supervisor = startSupervisor({ ...processSupervision(), state: () => state(), log });
  const told = new AbortController();
  const onSignal = (): void => {
    supervisor.stopping();
    told.abort(new TidemarkError('INTERRUPTED', 'Tidemark was asked to stop'));
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  const onState = (next: () => DaemonState): void => void (state = next);
  const hangUps = heedHangUps();
  const parts: Parts = { config, load, metrics, shared, supervisor, log, redact, onState, hangUps };
  try {
    for (let first = true; !told.signal.aborted; first = false) {
      metrics.leads(false);
      const won = await standBy(parts, seed && first, told.signal);
      if (won !== null) await leadWhileItLasts(parts, won, told.signal);
    }
    log.info('daemon has stopped');
    return EXIT.done;
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    hangUps.release();
    shared.close();
    await supervisor.close();
  }
}

interface Turn {
  readonly leadership: Leadership;
  /** The leader's own, beside those of its runs. */
  readonly state: StateDatabase;
}

/** @returns null: it was told to stop, or another one was quicker. */
async function standBy(parts: Parts, seed: boolean, signal: AbortSignal): Promise<Turn | null> {
  const { config, shared, supervisor, log, onState } = parts;
  const state = openFollower(config.state_dir);
  let standby: Standby | null = null;
  let release = (): void => {};
  try {
    const lock = requireLock(daemonLockPath(config.state_dir), 'the daemon');
    release = () => lock.release();
    let status: FollowerStatus = { leader: null, problem: 'Redis has not been asked yet' };
    let shown = -1;
    const failed = new AbortController();
    const shows = await openStandby(
      parts,
      state,
      () => status,
      (error) => failed.abort(error),
    );
    standby = shows;
    onState(shows.state);
    const unhook = parts.hangUps.heed(async () => {
      supervisor.reloading();
      const replace = (next: Config): void => void (parts.config = next);
      await reloadConfig({
        load: parts.load,
        config: () => parts.config,
        replace,
        configure: shows.reread,
        log,
      });
      supervisor.ready();
    });
    supervisor.ready();
    const onStatus = (next: FollowerStatus): void => {
      const seq = positionOf(state.db)?.seq ?? 0;
      const news =
        seq !== shown || next.leader?.node !== status.leader?.node || next.problem !== status.problem;
      status = next;
      shown = seq;
      if (news) shows.changed();
    };
    const won = await followUntilLeading(
      { shared, state, stateDir: config.state_dir, me: thisNode(config), seed, onStatus, log },
      AbortSignal.any([signal, failed.signal]),
    ).finally(unhook);
    failed.signal.throwIfAborted();
    return won === null ? null : await begin(parts, won, signal);
  } finally {
    // The one that leads listens at the same address, and has the same lock.
    await standby?.close();
    release();
    state.close();
  }
}

/** @returns null: it was told to stop, or another one leads. */
async function begin({ config, shared, log }: Parts, won: Won, signal: AbortSignal): Promise<Turn | null> {
  const state = openState(config.state_dir);
  try {
    const options = { shared, state, stateDir: config.state_dir, log };
    const leadership = await beginLeading(won, options, signal);
    log.info('this daemon leads', { token: leadership.token });
    return { leadership, state };
  } catch (thrown) {
    state.close();
    const error = asTidemarkError(thrown);
    if (error.code === 'INTERRUPTED') return null;
    if (error.code !== 'LEADERSHIP_LOST') throw error;
    log.warn('another daemon leads after all', { error });
    return null;
  }
}

async function leadWhileItLasts(
  parts: Parts,
  { leadership, state }: Turn,
  signal: AbortSignal,
): Promise<void> {
  const { metrics, supervisor, load, log, onState, hangUps } = parts;
  let isLost = false;
  void leadership.lost.then((error) => {
    isLost = true;
    metrics.leads(false);
    log.error('runs are ended: this daemon no longer leads', { code: error.code, error });
  });
  metrics.leads(true);
  const role = () => ({ role: 'leader', leader: thisNode(parts.config).host }) as const;
  try {
    // Told while it took over. From here to the listeners of `serve` nothing waits, so that no signal comes between.
    if (signal.aborted) return;
    const generations = openGenerations(parts.config, metrics, openShared(parts.config, leadership.settled));
    try {
      const turn = { ...leadership, role };
      const { heed } = hangUps;
      await serve({
        generations,
        metrics,
        log,
        supervisor,
        load,
        onState,
        onHangUp: heed,
        leadership: turn,
      });
    } finally {
      parts.config = generations.config();
      await generations.close();
    }
  } catch (error) {
    // What fails because it leads no more is no reason not to stand by.
    if (!isLost) throw error;
    log.warn('the daemon did not stop in order', { error: asTidemarkError(error) });
  } finally {
    await leadership.stop();
    state.close();
  }
}

function openStandby(
  { config, metrics, log, redact }: Parts,
  { db }: StateDatabase,
  status: () => FollowerStatus,
  onFailure: (error: unknown) => void,
): Promise<Standby> {
  return startStandby({
    settings: daemonSettings(config),
    parseSpec: (text, file) => parseSpec(text, file, namesIn(config)),
    history: historyOf(db, config, redact, log),
    paused: () => pausedTasks(db),
    pages: standbyPages(config, db, redact),
    metrics: {
      past: metricsPast(db),
      endpoints: () => ({ sources: Object.keys(config.sources), sinks: Object.keys(config.sinks) }),
      render: metrics.text,
    },
    leader: () => status().leader?.host ?? null,
    problem: () => status().problem,
    onFailure,
    log,
  });
}
