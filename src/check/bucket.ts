/** What is to be said of a bucket and of the way to it. Pure. */
import type { BucketAction, BucketEncryption, FolderFacts } from '../check-ports.ts';
import { failureOf } from './failure.ts';
import type { Finding, FindingCode, Remedy, Severity } from './finding.ts';
import { iamPolicy } from './iam-policy.ts';

/** What the config says of a sink. */
export interface SinkSettings {
  readonly bucket: string;
  readonly region: string;
  readonly prefix: string;
  readonly endpoint: string | null;
  readonly server_side_encryption: string | null;
  readonly kms_key_id: string | null;
}

/** One folder that tasks write to. */
export interface TriedFolder {
  /** Part of a key, with the sink's prefix. */
  readonly folder: string;
  readonly tasks: readonly string[];
  readonly facts: FolderFacts;
}

export interface BucketFacts {
  readonly tried: readonly TriedFolder[];
  /** Those that were not tried any more: the bucket cannot be used at all, or keeps trial uploads. */
  readonly untried: readonly Omit<TriedFolder, 'facts'>[];
  readonly encryption: BucketEncryption;
}

/** A policy names the folders one by one up to so many; beyond, all of the sink's prefix. */
const MOST_FOLDERS = 10;

/** What it means that an action is refused. */
const REFUSALS: Readonly<Record<BucketAction, string>> = {
  's3:PutObject': 's3:PutObject (nothing can be written)',
  's3:AbortMultipartUpload': 's3:AbortMultipartUpload (a run that fails leaves its upload open)',
  's3:ListBucketMultipartUploads':
    's3:ListBucketMultipartUploads (what a killed run has left cannot be found and cleared away)',
  // Without s3:ListBucket, an object that is not there is "access denied" as well.
  's3:GetObject':
    's3:GetObject or s3:ListBucket (whether a killed run has published cannot be told, and nothing verified)',
  's3:DeleteObject':
    's3:DeleteObject (what a run has published whose publishing was cut short cannot be cleared away)',
};

/** @param name of the sink in the config. */
export function bucketFindings(name: string, sink: SinkSettings, facts: BucketFacts): Finding[] {
  const { tried, untried } = facts;
  const failures = tried.flatMap(({ folder, tasks, facts: { failures: failed } }) =>
    failed.map((failure) => ({ ...failure, folder, tasks })),
  );
  const refused = failures.filter(({ error }) => error.code === 'S3_ACCESS_DENIED');
  // Of what ails the bucket as a whole, the first failure says it all.
  const first = failures.find(({ error }) => error.code !== 'S3_ACCESS_DENIED');
  const all = [...new Set([...tried, ...untried].flatMap(({ tasks }) => tasks))];
  const findings: Finding[] = [
    ...connectionFindings(name, sink),
    ...(first === undefined ? [] : [failureOf('sink', name, first.error, all)]),
    ...(refused.length === 0 ? [] : [refusal(name, sink, refused, facts)]),
    ...left(name, sink, tried),
  ];
  if (failures.length === 0 && tried.length > 0) {
    const folders = tried.length === 1 ? tried[0]!.folder : `${tried.length.toLocaleString('en')} folders`;
    const message = `Bucket ${sink.bucket}: an upload was begun and aborted under ${folders === '' ? 'no prefix' : folders}.`;
    findings.push(find(name, 'info', 'BUCKET', message));
  }
  const applied = tried.find(({ facts: { encryption } }) => encryption !== null)?.facts.encryption ?? null;
  const answered = tried.some(({ facts: { failures: failed } }) =>
    failed.every(({ action }) => action !== 's3:PutObject'),
  );
  return answered ? [...findings, ...encryptionFindings(name, sink, facts.encryption, applied)] : findings;
}

function find(
  name: string,
  severity: Severity,
  code: FindingCode,
  message: string,
  remedy: Remedy | null = null,
  tasks: readonly string[] = [],
): Finding {
  return { severity, code, scope: 'sink', name, tasks, places: [], message, remedy };
}

function refusal(
  name: string,
  sink: SinkSettings,
  refused: readonly { action: BucketAction; folder: string; tasks: readonly string[]; error: Error }[],
  { untried, encryption }: BucketFacts,
): Finding {
  const actions = [...new Set(refused.map(({ action }) => action))];
  const folders = [...new Set(refused.map(({ folder }) => folder))];
  const tasks = [...new Set(refused.flatMap((one) => one.tasks))];
  const under = folders.length <= MOST_FOLDERS ? folders.join(', ') : `${folders.length} folders`;
  const effects = actions.map((action) => REFUSALS[action]).join(', ');
  const message = `Bucket ${sink.bucket} refuses, under ${under === '' ? 'no prefix' : under}: ${effects}. ${refused[0]!.error.message}`;
  const needed = [...folders, ...untried.map(({ folder }) => folder)];
  const policy = iamPolicy({
    bucket: sink.bucket,
    region: sink.region,
    prefixes: needed.length <= MOST_FOLDERS ? needed : [sink.prefix],
    kmsKey: sink.kms_key_id ?? (encryption.kind === 'set' ? encryption.keyId : null),
  });
  return find(name, 'error', 'S3_ACCESS_DENIED', message, { kind: 'policy', text: policy }, tasks);
}

function left(name: string, { bucket }: SinkSettings, tried: readonly TriedFolder[]): Finding[] {
  const open = tried.flatMap(({ facts: { leftOpen }, tasks }) =>
    leftOpen === null ? [] : [{ leftOpen, tasks }],
  );
  if (open.length === 0) return [];
  const keys = open.slice(0, MOST_FOLDERS).map(({ leftOpen }) => `s3://${bucket}/${leftOpen}`);
  const more = open.length > keys.length ? ` and ${open.length - keys.length} more` : '';
  const message = `Trial uploads could not be aborted and are still open, with five bytes that nobody sees: ${keys.join(', ')}${more}.`;
  const text =
    'End them with a rule of the bucket for incomplete uploads, or `aws s3api abort-multipart-upload`.';
  const tasks = [...new Set(open.flatMap((one) => one.tasks))];
  return [find(name, 'warning', 'BUCKET_UPLOAD_LEFT', message, { kind: 'words', text }, tasks)];
}

function connectionFindings(name: string, { endpoint }: SinkSettings): Finding[] {
  if (endpoint === null) return [];
  const { protocol, hostname } = new URL(endpoint);
  if (protocol === 'https:' || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)) return [];
  const message = `Requests go to ${hostname} unencrypted: whoever is on the way reads the rows.`;
  const text = JSON.stringify({ sinks: { [name]: { endpoint: endpoint.replace(/^http:/, 'https:') } } });
  return [find(name, 'warning', 'BUCKET_UNENCRYPTED_CONNECTION', message, { kind: 'config', text })];
}

/** @param applied what an upload was answered it would be encrypted with; null: nothing was said. */
function encryptionFindings(
  name: string,
  sink: SinkSettings,
  bucket: BucketEncryption,
  applied: string | null,
): Finding[] {
  const wanted = sink.server_side_encryption;
  const findings: Finding[] = [];
  const asBucket: Remedy = {
    kind: 'config',
    text: JSON.stringify({ sinks: { [name]: { server_side_encryption: null } } }),
  };
  if (wanted !== null && applied !== wanted) {
    const message = `The sink asks for ${wanted}, and the bucket answered that it encrypts with ${applied ?? 'nothing'}.`;
    const text =
      'Set `server_side_encryption` to null where the store does not know it, and have the store encrypt by itself.';
    findings.push(find(name, 'warning', 'ENCRYPTION_IGNORED', message, { kind: 'words', text }));
  }
  if (bucket.kind === 'unknown') {
    const said = applied === null ? '' : ` Uploads are encrypted with ${applied}.`;
    const message = `The default encryption of bucket ${sink.bucket} cannot be told: ${bucket.why}.${said}`;
    return [...findings, find(name, 'info', 'ENCRYPTION_UNKNOWN', message)];
  }
  if (bucket.kind === 'none') {
    if (wanted !== null || applied !== null) return findings;
    const message = `Objects are stored unencrypted: bucket ${sink.bucket} has no default encryption, and the sink asks for none.`;
    const text = JSON.stringify({ sinks: { [name]: { server_side_encryption: 'AES256' } } });
    return [...findings, find(name, 'warning', 'ENCRYPTION_NONE', message, { kind: 'config', text })];
  }
  const own = `${bucket.algorithm}${bucket.keyId === null ? '' : ` with key ${bucket.keyId}`}`;
  const weaker = wanted === 'AES256' && bucket.algorithm.startsWith('aws:kms');
  const otherKey =
    sink.kms_key_id !== null && bucket.keyId !== null && !sameKey(sink.kms_key_id, bucket.keyId);
  if (weaker || otherKey) {
    const message = `The sink asks for ${wanted}${otherKey ? ` with key ${sink.kms_key_id}` : ''}, and bucket ${sink.bucket} has ${own} as its own.`;
    return [...findings, find(name, 'warning', 'ENCRYPTION_DIFFERS', message, asBucket)];
  }
  const message = `Objects are encrypted with ${wanted ?? own}, ${wanted === null ? 'as the bucket has it' : 'as the sink asks'}.`;
  return [...findings, find(name, 'info', 'ENCRYPTION', message)];
}

/** A key may be named by its id or by its ARN, which ends with it. Which key an alias stands for is not known here. */
function sameKey(a: string, b: string): boolean {
  if (a.includes('alias/') || b.includes('alias/')) return true;
  return a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);
}
