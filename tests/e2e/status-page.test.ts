/** The status page in a real browser, on a daemon at work: what runs, what fails, and what people can do about it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { openBrowser, type TestBrowser } from '../support/browser.ts';
import type { RunningCli } from '../support/cli.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec, slowSpec } from './specs.ts';

const TOKEN = 'a-token-of-24-characters';
const NEVER_SOON = '0 3 1 1 *';
/** 2000 rows that come over some seconds. */
const trickle = {
  task_name: 'trickle',
  query: { custom: "SELECT seq, SLEEP(0.002) AS slept, REPEAT('x', 500) AS text FROM seq_1_to_2000" },
};

let site: Site;
let browser: TestBrowser;
beforeAll(async () => {
  [site, browser] = await Promise.all([openSite(), openBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await site.stop();
});
// Whatever a test has looked at: nothing from elsewhere, nothing inline, no fault of a script.
afterEach(async () => {
  const offences = [...browser.offences()];
  await browser.clear();
  expect(offences).toEqual([]);
});

async function started(place: Place): Promise<RunningCli> {
  const daemon = place.start('daemon');
  await daemon.waitForLine(/daemon runs/);
  return daemon;
}

const withToken = () => site.place({ config: {}, env: { TIDEMARK_HTTP__TOKEN: TOKEN } });
const urlOf = (place: Place, path = '/'): string => `http://127.0.0.1:${place.httpPort}${path}`;

async function signIn(page: Page, token = TOKEN): Promise<void> {
  await page.getByRole('link', { name: 'Sign in to act' }).click();
  await page.getByLabel('Your name').fill('Ann');
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Presses it for as long as it takes the page to be brought up to date a few times. */
async function pressSlowly(page: Page, name: string): Promise<void> {
  const { x, y, width, height } = (await page
    .getByRole('button', { name, exact: true })
    .first()
    .boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await sleep(4000);
  await page.mouse.up();
}

/** From now on, notes what a button is made into where it is made into another one. */
const WATCH_BUTTONS = `
  globalThis.made = [];
  const note = (changes) =>
    changes.forEach(({ target }) => target.matches('button, form') && globalThis.made.push(target.outerHTML));
  new MutationObserver(note).observe(document.getElementById('main'), {
    subtree: true,
    attributeFilter: ['action', 'aria-label'],
  });`;

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click();

it('shows a run as it starts, reads and ends', async () => {
  const place = await withToken();
  const spec = { ...slowSpec(0), ...trickle, schedule: NEVER_SOON, timezone: 'Europe/Berlin' };
  place.writeSpec('trickle', spec);
  const daemon = await started(place);
  const page = await browser.open(urlOf(place));
  await page.getByRole('heading', { name: 'The task is well' }).waitFor();
  expect(await page.locator('.when').innerText()).toMatch(
    /At 03:00, on day 1 of the month.*Europe\/Berlin[^]*next in \d+ days/,
  );
  await signIn(page);
  await press(page, 'Run now: trickle');
  await page.getByText('The run was asked for.').waitFor();
  await page.locator('#live .figures', { hasText: /reading · [1-9][\d,]* rows/ }).waitFor();
  await page.locator('.task .badge', { hasText: 'running' }).waitFor();
  await page.locator('.task .last', { hasText: '2,000 rows' }).waitFor();
  await page.locator('#live').waitFor({ state: 'hidden' });

  await page.getByRole('link', { name: '2,000 rows' }).click();
  const main = page.locator('main');
  expect(await main.innerText()).toMatch(
    /Files[^]*trickle\/trickle_\d{14}\.csv[^]*SQL[^]*seq_1_to_2000[^]*Log[^]*run succeeded/,
  );
  const manifest = await page.request.get(
    await page.getByRole('link', { name: /_manifest_/ }).evaluate((link: { href: string }) => link.href),
  );
  expect(await manifest.json()).toMatchObject({ task: 'trickle', rows: 2000 });
  await page.goto(urlOf(place, '/tasks/trickle'));
  expect(await page.locator('.history').innerText()).toMatch(/by hand[^]*run asked for, by Ann@127\.0\.0\.1/);
  await press(page, 'Run now: trickle');
  // Two successes make a chart.
  await page.locator('#charts').waitFor({ state: 'attached' });
  await page.reload();
  await page.locator('#charts canvas').nth(2).waitFor();
  expect(await page.locator('#charts').innerText()).toMatch(/Rows\s+2K · last/);
  await daemon.stop();
});

it('shows a failure with its cause and its remedy, and tries it again', async () => {
  const place = await withToken();
  const spec = (column: string) => regionsSpec({ table: { name: 'regions', columns: [column] } });
  place.writeSpec('regions', spec('region_nam'));
  place.writeSpec('well', regionsSpec({ task_name: 'well', schedule: NEVER_SOON }));
  place.writeSpec('garbage', '{{{');
  const daemon = await started(place);
  const page = await browser.open(urlOf(place));
  await page.getByRole('heading', { name: '1 thing needs you' }).waitFor();
  expect(await page.locator('.problem').innerText()).toMatch(
    /garbage\.json cannot be used[^]*tidemark check/,
  );
  await signIn(page);
  await press(page, 'Run now: regions');
  await page.getByRole('heading', { name: '1 of 2 tasks and 1 other thing need you' }).waitFor();
  expect(await page.title()).toMatch(/^✕ 2 · /);
  const problem = page.locator('.problem', { hasText: 'regions failed' });
  expect(await problem.innerText()).toMatch(
    /COLUMN_UNKNOWN Table regions has no column region_nam \(did you mean region_name\?\)[^]*What to do: \w/,
  );
  // What has failed comes first.
  expect(await page.locator('.task').first().innerText()).toMatch(/failed[^]*regions/);
  await problem.getByRole('link', { name: 'The run that failed, with its log' }).click();
  expect(await page.locator('pre.log').innerText()).toContain('run failed; nothing was published');
  const log = await page.request.get(`${page.url()}/log`);
  expect([log.headers()['content-type'], (await log.text()).split('\n')[0]]).toEqual([
    'text/plain; charset=utf-8',
    expect.stringContaining('run begins') as string,
  ]);

  await page.goto(urlOf(place));
  place.writeSpec('regions', spec('region_name'));
  await daemon.waitForLine(/task changed/);
  await press(page, 'Retry: regions');
  await page.getByRole('heading', { name: '1 thing needs you' }).waitFor();
  await page.locator('.task', { hasText: 'regions' }).getByText('4 rows').waitFor();
  await daemon.stop();
});

it('pauses a task until it is resumed, over a restart', async () => {
  const place = await withToken();
  place.writeSpec('regions', regionsSpec({ schedule: '* * * * * *' }));
  let daemon = await started(place);
  const page = await browser.open(urlOf(place));
  await signIn(page);
  await page.getByRole('button', { name: 'Pause: regions' }).waitFor();
  await page.evaluate(WATCH_BUTTONS);
  const before = (await place.keys()).length;
  await waitFor('three runs', async () => ((await place.keys()).length >= before + 6 ? true : null));
  expect(await page.evaluate('globalThis.made')).toEqual([]);
  await pressSlowly(page, 'Pause: regions');
  await page.locator('.task .badge', { hasText: 'paused' }).waitFor();
  expect(await page.locator('.when').innerText()).toMatch(/paused since .* by Ann@127\.0\.0\.1/);
  await daemon.stop();
  await page.getByText('The daemon does not answer').waitFor();

  daemon = await started(place);
  // The page hears that the daemon is back; who was signed in is not any more.
  await page.getByRole('link', { name: 'Sign in to act' }).waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
  const runs = (await place.keys()).length;
  const { stdout } = await place.tidemark('status');
  expect(stdout).toMatch(/regions .* paused /);
  expect(stdout).toMatch(/paused since .* by Ann@127\.0\.0\.1/);
  const { tasks } = (await (await fetch(urlOf(place, '/api/tasks'))).json()) as {
    tasks: { paused: { actor: string } | null; next_fire: string | null }[];
  };
  expect(tasks).toMatchObject([{ paused: { actor: 'Ann@127.0.0.1' }, next_fire: null }]);
  expect(await place.keys()).toHaveLength(runs);

  await signIn(page);
  await press(page, 'Resume: regions');
  await page.locator('.task .badge', { hasText: /ok|running/ }).waitFor();
  await waitFor('a run after the pause', async () => ((await place.keys()).length > runs ? true : null));
  const { stdout: history } = await place.tidemark('history', 'regions', '--limit', '100');
  expect(history).toMatch(/task resumed, by Ann@127\.0\.0\.1/);
  expect(history).toMatch(/task paused, by Ann@127\.0\.0\.1/);
  await daemon.stop();
});

it('lets nobody act without the token', async () => {
  const place = await withToken();
  place.writeSpec('regions', regionsSpec());
  const daemon = await started(place);
  const page = await browser.open(urlOf(place));
  await signIn(page, 'not-the-token-of-this');
  await page.getByRole('alert').getByText('This is not the token.').waitFor();
  await page.goto(urlOf(place));
  expect(await page.getByRole('button').count()).toBe(0);
  await daemon.stop();

  const silent = await site.place();
  silent.writeSpec('regions', regionsSpec());
  const other = await started(silent);
  await page.goto(urlOf(silent));
  await page.getByRole('heading', { name: 'The task is well' }).waitFor();
  expect(await page.getByRole('link', { name: 'Sign in to act' }).count()).toBe(0);
  await other.stop();
});

it('can be used with the keyboard alone', async () => {
  const place = await withToken();
  place.writeSpec('regions', regionsSpec({ schedule: NEVER_SOON }));
  const daemon = await started(place);
  const page = await browser.open(urlOf(place));
  const focused = () =>
    page.evaluate(
      'document.activeElement.getAttribute("aria-label") || document.activeElement.textContent.trim()',
    );
  const tabTo = async (name: string): Promise<void> => {
    for (let tabs = 0; tabs < 40; tabs++) {
      await page.keyboard.press('Tab');
      if ((await focused()) === name) return;
    }
    throw new Error(`no Tab leads to ${name}`);
  };
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('To the content');
  await tabTo('Sign in to act');
  await page.keyboard.press('Enter');
  await page.getByLabel('Your name').focus();
  await page.keyboard.type('Ann');
  await page.keyboard.press('Tab');
  await page.keyboard.type(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await tabTo('Pause: regions');
  await page.keyboard.press('Enter');
  await page.locator('.task .badge', { hasText: 'paused' }).waitFor();
  // What changes while somebody is at it does not take the focus away.
  await tabTo('Run now: regions');
  place.writeSpec('other', regionsSpec({ task_name: 'other' }));
  await page.locator('.task', { hasText: 'other' }).waitFor();
  expect(await focused()).toBe('Run now: regions');
  await page.keyboard.press('Enter');
  await page.locator('.task', { hasText: 'regions' }).getByText('4 rows').waitFor();
  await daemon.stop();
});

it('fits a phone, and says all without JavaScript', async () => {
  const place = await withToken();
  const long = 'a'.repeat(120);
  place.writeSpec(
    'long',
    regionsSpec({ task_name: long, owner: { name: 'W'.repeat(60), email: 'w@example.com' } }),
  );
  place.writeSpec(
    'broken',
    regionsSpec({ task_name: 'broken', table: { name: 'x'.repeat(60) }, schedule: '* * * * * *' }),
  );
  const daemon = await started(place);
  await daemon.waitForLine(/broken run failed/);
  for (const javaScriptEnabled of [true, false]) {
    const page = await browser.open(urlOf(place), {
      viewport: { width: 360, height: 740 },
      javaScriptEnabled,
      colorScheme: 'dark',
      reducedMotion: 'reduce',
    });
    await page.getByRole('heading', { name: '1 of 2 tasks needs you' }).waitFor();
    const run = await page.getByRole('link', { name: 'The run that failed' }).getAttribute('href');
    for (const path of ['/', `/tasks/${long}`, '/tasks/broken', run!, '/login']) {
      await page.goto(urlOf(place, path));
      await page.locator('h1').waitFor();
      const { width } = (await page.locator('html').boundingBox())!;
      // A page that is wider than its screen scrolls sideways.
      const wide = await page.locator('html').evaluate((root: { scrollWidth: number }) => root.scrollWidth);
      expect([path, width, wide]).toEqual([path, 360, 360]);
    }
    await page.context().close();
  }
  await daemon.stop();
});

it('shows what others wrote as text, and runs none of it', async () => {
  const place = await withToken();
  const evil = '<script>window.hacked=1</script><img src=x onerror=window.hacked=1>';
  const owner = { name: evil, email: 'owner@example.com' };
  place.writeSpec('sql', {
    ...slowSpec(0),
    task_name: 'sql',
    owner,
    query: { custom: `SELECT '${evil}' AS text` },
    schedule: '* * * * * *',
  });
  place.writeSpec(
    'table',
    regionsSpec({ task_name: 'table', table: { name: evil.slice(0, 60) }, owner, schedule: '* * * * * *' }),
  );
  place.writeSpec('name', regionsSpec({ task_name: evil }));
  const daemon = await started(place);
  await daemon.waitForLine(/table run failed/);
  await daemon.waitForLine(/sql run succeeded/);
  const page = await browser.open(urlOf(place));
  await page.getByText('TABLE_UNKNOWN').first().waitFor();
  const runs = await Promise.all(
    [
      ['sql', 'succeeded'],
      ['table', 'failed'],
    ].map(async ([task, status]) => {
      const answer = await fetch(urlOf(place, `/api/runs?task=${task}&limit=1000`));
      const past = (await answer.json()) as { runs: { run_id: string; status: string }[] };
      // On a slow machine, the last slot was skipped.
      return past.runs.find((run) => run.status === status)!.run_id;
    }),
  );
  const seen: string[] = [];
  for (const path of ['/', '/tasks/sql', '/tasks/table', ...runs.map((run) => `/runs/${run}`)]) {
    await page.goto(urlOf(place, path));
    await page.locator('h1').waitFor();
    seen.push(await page.locator('main').innerText());
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('img[onerror]').count()).toBe(0);
  }
  const [overview, , , sql, table] = seen;
  expect(overview).toContain('<script>');
  expect(sql).toContain(`SELECT '${evil}' AS text`);
  expect(table).toContain('<script>window.hacked=1</script>');
  await daemon.stop();
});

it('says none of the secrets of the config', async () => {
  const place = await withToken();
  place.writeSpec('regions', regionsSpec({ schedule: '* * * * * *' }));
  const daemon = await started(place);
  await daemon.waitForLine(/regions run succeeded/);
  const page = await browser.open(urlOf(place));
  await signIn(page);
  await press(page, 'Pause: regions');
  const secrets = [TOKEN, site.database.password, site.s3.credentials.secretAccessKey].filter(
    (one) => one.length > 3,
  );
  const cookies = await page.context().cookies();
  expect(cookies).toMatchObject([{ name: 'tidemark_session', httpOnly: true, sameSite: 'Strict' }]);
  const { run_id } = (
    (await (await fetch(urlOf(place, '/api/runs?limit=1'))).json()) as { runs: { run_id: string }[] }
  ).runs[0]!;
  const paths = [
    '/',
    '/tasks/regions',
    `/runs/${run_id}`,
    `/runs/${run_id}/log`,
    `/runs/${run_id}/manifest`,
    '/login',
    '/api/tasks',
    '/metrics',
  ];
  const said = await Promise.all(
    paths.map(async (path) => (await page.request.get(urlOf(place, path))).text()),
  );
  const { stdout, stderr } = await daemon.stop();
  for (const secret of secrets) expect(`${said.join()}${stdout}${stderr}`).not.toContain(secret);
});
