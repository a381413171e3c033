/** deploy/compose.yaml and what it mounts. Nothing is started: that takes a Docker daemon. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { tidemark } from '../support/cli.ts';

const DEPLOY = path.join(import.meta.dirname, '../../deploy');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>;
}

const read = (name: string): string => readFileSync(path.join(DEPLOY, name), 'utf8');

describe('deploy/compose.yaml', () => {
  const compose = parse(read('compose.yaml'), { strict: true, uniqueKeys: true }) as Compose;
  const services = Object.entries(compose.services);

  it('waits only for services that can be waited for', () => {
    const dockerfile = read('../Dockerfile');
    for (const [name, service] of services) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        const target = compose.services[other];
        const told = `${name} waits for ${other}: ${condition}`;
        const checked =
          target?.healthcheck !== undefined ||
          (target?.build !== undefined && /^HEALTHCHECK/m.test(dockerfile));
        const possible =
          condition === 'service_healthy' ? checked : condition === 'service_completed_successfully';
        expect({ told, exists: target !== undefined, possible }).toEqual({
          told,
          exists: true,
          possible: true,
        });
      }
    }
  });

  it('mounts what exists, and declares the volumes and secrets it uses', () => {
    const volumes = new Set<string>();
    for (const [, service] of services) {
      for (const volume of service.volumes ?? []) {
        const [from] = volume.split(':') as [string];
        if (!from.startsWith('.')) volumes.add(from);
        else expect({ from, exists: existsSync(path.join(DEPLOY, from)) }).toEqual({ from, exists: true });
      }
    }
    expect([...volumes].toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
    const secrets = new Set(services.flatMap(([, service]) => service.secrets ?? []));
    expect([...secrets].toSorted()).toEqual(Object.keys(compose.secrets).toSorted());
  });

  it('takes every password from the environment, and the example names them all', () => {
    const named = [...read('.env.example').matchAll(/^(\w+)=\S+$/gm)].map((match) => match[1]!);
    expect(
      Object.values(compose.secrets)
        .map(({ environment }) => environment)
        .toSorted(),
    ).toEqual(named.toSorted());
    for (const [, service] of services) {
      for (const [name, value] of Object.entries(service.environment ?? {})) {
        if (/PASSWORD|SECRET/.test(name)) expect(value).toMatch(/^\/run\/secrets\//);
      }
    }
  });

  it('opens ports to this machine only, and gives the daemon time to stop', () => {
    for (const port of services.flatMap(([, service]) => service.ports ?? []))
      expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(compose.services['tidemark']!.stop_grace_period).toBe('60s');
  });

  it('has every image at a version of its own', () => {
    const pulled = services.filter(([, { build }]) => build === undefined).map(([, { image }]) => image);
    for (const image of pulled) expect(image).toMatch(/:(?!latest)\S+$/);
    expect(pulled).not.toEqual([]);
  });

  it('comes with a config that Tidemark accepts, for the specs that it mounts', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-compose-'));
    for (const secret of Object.keys(compose.secrets))
      writeFileSync(path.join(folder, secret), 'swordfish\n');
    const config = path.join(folder, 'config.json');
    writeFileSync(config, read('config.json').replaceAll('/run/secrets', folder));
    const { code, stdout, stderr } = await tidemark(['check', '--config', config], {
      cwd: path.join(DEPLOY, '..'),
    });
    rmSync(folder, { recursive: true });
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
  });

  it('is accepted by docker compose, where that is installed', async () => {
    const docker = promisify(execFile);
    const installed = await docker('docker', ['compose', 'version']).then(
      () => true,
      () => false,
    );
    const args = [
      'compose',
      '--file',
      path.join(DEPLOY, 'compose.yaml'),
      '--env-file',
      path.join(DEPLOY, '.env.example'),
    ];
    const told = installed
      ? (await docker('docker', [...args, 'config', '--services'])).stdout
      : Object.keys(compose.services).join('\n');
    expect(told.trim().split('\n').toSorted()).toEqual(Object.keys(compose.services).toSorted());
  });
});
