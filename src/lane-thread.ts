/** The program of a thread that holds lanes: wires source, sink and modules as the main thread says. */
import { parentPort } from 'node:worker_threads';
import { asidePlaces } from './lanes/aside.ts';
import { openLane } from './lanes/lane.ts';
import { serveLanes, type MainCalls } from './lanes/serve.ts';
import { sharedReading } from './lanes/shared-reading.ts';
import { meteredSink } from './metrics/metered-sink.ts';
import type { S3SinkOptions } from './sinks/s3/options.ts';
import { s3Sink, type S3Sink } from './sinks/s3/sink.ts';
import type { MysqlSourceOptions } from './sources/mysql/connect.ts';
import { mysqlSource } from './sources/mysql/snapshot.ts';
import { transformsIn } from './transform/transforms.ts';

/** Of what a thread makes a lane. Secrets are in it: it never leaves the process. */
export interface LaneWork {
  readonly source: {
    readonly name: string;
    readonly options: Omit<MysqlSourceOptions, 'cap' | 'reading' | 'onConnection'>;
    /** The cap on its connections; Infinity: there is none. The place that the lane reads through has been taken. */
    readonly maxConnections: number;
    /** See shared-reading.ts. */
    readonly reading: { readonly memory: SharedArrayBuffer; readonly cell: number };
  };
  readonly sink: { readonly name: string; readonly options: S3SinkOptions };
  readonly transformsDir: string;
}

/** By name: all lanes of this thread share its sockets. */
const sinks = new Map<string, S3Sink>();

serveLanes(parentPort!, (setup, work: LaneWork, main, signal) => {
  const { source, sink, transformsDir } = work;
  const ports = {
    source: sourceOf(source, main),
    sink: sinkOf(sink, main),
    transforms: transformsIn(transformsDir),
  };
  return openLane(setup, ports, signal);
});

function sourceOf({ name, options, maxConnections: max, reading }: LaneWork['source'], main: MainCalls) {
  const aside = asidePlaces(main, name);
  return mysqlSource({
    ...options,
    reading: sharedReading(reading.memory, reading.cell),
    cap: { max, reader: () => Promise.resolve(() => {}), freeReader: () => null, aside },
    onConnection: (change) => void main.connection.asEvent(name, change),
  });
}

function sinkOf({ name, options }: LaneWork['sink'], main: MainCalls): S3Sink {
  const partSent = (sink: string, bytes: number): void => void main.partSent.asEvent(sink, bytes);
  const sink = sinks.get(name) ?? meteredSink(s3Sink(options), name, { partSent });
  sinks.set(name, sink);
  return sink;
}
