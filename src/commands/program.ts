/** The command line: which commands and options there are, and what becomes of an error. */
import { Command, CommanderError, Option } from 'commander';
import { WAREHOUSES } from '../describe/warehouses.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { jsonText, print } from './print.ts';
import { version } from './version.ts';

const IGNORE_BLACKOUT = new Option('--ignore-blackout', 'also at the times at which `blackout` forbids it');

/** Runs a command. Returns the process's exit code; everything that is to be said has been said. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const program = buildProgram((result) => (code = result));
  try {
    await program.parseAsync([...argv]);
    return code;
  } catch (thrown) {
    const json = argv.includes('--json');
    // Commander has written help, version or its complaint already; who asked for JSON reads no stderr.
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT.done;
      if (json) printDocument(new TidemarkError('USAGE', thrown.message.replace(/^error: /, '')));
      return EXIT.usage;
    }
    const error = asTidemarkError(thrown);
    if (json) printDocument(error);
    process.stderr.write(`${error.code}: ${error.message}\n${error.hint}\n`);
    return exitCodeOf(error.code);
  }
}

function buildProgram(finish: (code: ExitCode) => void): Command {
  const program = new Command('tidemark')
    .description('Extracts rows from MySQL to S3, on schedule, all or nothing.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(see tidemark --help)')
    .configureHelp({ showGlobalOptions: true });

  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .addOption(
        new Option('--config <file>', 'config file (default: TIDEMARK_CONFIG, or config/config.json)'),
      )
      .addOption(new Option('--json', 'one JSON document on stdout'))
      .exitOverride();

  command('daemon', 'watch the specs folder, schedule and run')
    .option('--seed', 'with ha: begin anew with the state of this machine, whatever the other one has')
    .action(async (options) => finish(await (await import('./daemon.ts')).daemonCommand(options)));

  command('worker', 'read batches for daemons on other machines, from the queue of the config')
    .option('--concurrency <n>', 'batches at a time (default: executor.concurrency, or one per processor)')
    .action(async (options) => finish(await (await import('./worker.ts')).workerCommand(options)));

  addSourceOptions(command('run', 'run one task now, in the foreground'))
    .addOption(
      new Option('--verify <how>', 'count: compare with COUNT(*) in the same snapshot').choices(['count']),
    )
    .option('--accept-schema-change', 'go on with changed columns where the spec says on_schema_change: fail')
    .addOption(IGNORE_BLACKOUT)
    .action(async (options) => finish(await (await import('./run.ts')).runCommand(options)));

  addSourceOptions(command('plan', 'show what a run would do, touching no data'))
    .addOption(
      new Option(
        '--ddl <warehouse>',
        'print CREATE TABLE and a load statement that fit the files instead',
      ).choices(WAREHOUSES),
    )
    .action(async (options) => finish(await (await import('./plan.ts')).planCommand(options)));

  command('check', 'validate specs and config')
    .argument('[files...]', 'specs (default: all of the specs folder)')
    .option('--connect', 'also try servers, tables, buckets and SMTP')
    .action(async (files: string[], options) =>
      finish(await (await import('./check.ts')).checkCommand(files, options)),
    );

  command('verify', 're-read what a run published and hold it against its manifest')
    .argument('<task|manifest>', "a task: its last run; or a manifest's key, or s3://bucket/key")
    .option('--sink <name>', 'the sink, where several may be meant')
    .action(async (what: string, options) =>
      finish(await (await import('./verify.ts')).verifyCommand(what, options)),
    );

  addSourceOptions(command('backfill', 'run past windows, leaving the live watermark where it is'))
    .requiredOption('--from <value>', 'where the first window begins, exclusive: a time or an integer')
    .requiredOption('--to <value>', 'where the last window ends, inclusive')
    .option('--every <span>', 'length of a window: 1d, "1 month", or an integer (default: one window)')
    .option('--again', 'begin a new backfill where this one is done already')
    .addOption(IGNORE_BLACKOUT)
    .action(async (options) => finish(await (await import('./backfill.ts')).backfillCommand(options)));

  command('status', 'show every task with schedule, next fire and last result')
    .option('--exit-code', 'end with 1 where a task fails or is stale, or a spec cannot be used')
    .action(async (options) => finish(await (await import('./status.ts')).statusCommand(options)));

  command('history', 'show past runs and what people did, newest first')
    .argument('[task]', 'of one task, with the windows of its runs')
    .option('--limit <n>', 'how many at most (default: 20)')
    .option('--since <time>', 'a time (UTC), or a span back from now such as "2 days"')
    .option('--run <run_id>', 'one run whole, with SQL and objects')
    .action(async (task: string | undefined, options) =>
      finish(await (await import('./history.ts')).historyCommand(task, options)),
    );

  addWatermarkCommands(program, finish);

  return program;
}

function addWatermarkCommands(program: Command, finish: (code: ExitCode) => void): void {
  const parent = program
    .command('watermark')
    .description('read or change what an incremental task remembers')
    .exitOverride();
  const command = (name: string, description: string): Command =>
    parent
      .command(name)
      .description(description)
      .argument('<task>', 'its name')
      .option('--table <name>', 'the table, where the task has several watermarks')
      .addOption(
        new Option('--config <file>', 'config file (default: TIDEMARK_CONFIG, or config/config.json)'),
      )
      .addOption(new Option('--json', 'one JSON document on stdout'))
      .exitOverride();
  const load = async () => import('./watermark.ts');

  command('get', 'show each table’s value, and which run moved it when').action(
    async (task: string, options) => finish(await (await load()).watermarkGet(task, options)),
  );
  command('set', 'go back or forward: the next run reads what is beyond the value')
    .argument('<value>', 'a time such as "2026-01-31 03:00:00", or an integer')
    .action(async (task: string, value: string, options) =>
      finish(await (await load()).watermarkSet(task, value, options)),
    );
  command('reset', 'forget it: the next run begins at `initial`').action(async (task: string, options) =>
    finish(await (await load()).watermarkReset(task, options)),
  );
}

function addSourceOptions(command: Command): Command {
  return command
    .option('-s, --spec <file>', "task spec (default: the config's default_spec)")
    .option('-d, --db <name>', 'database')
    .option('-H, --host <host>', 'database host')
    .option('-P, --password <password>', 'database password (better: the config or its environment)')
    .option('-u, --user <user>', 'database user')
    .option('-p, --port <port>', 'database port')
    .option('-b, --batch <mb>', 'batch_threshold_mb: megabytes of output an object may have');
}

function printDocument({ code, message, hint, retryable }: TidemarkError): void {
  print(jsonText({ error: { code, message, hint, retryable } }));
}
