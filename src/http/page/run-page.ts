/** `/runs/ID`: one run whole, with its windows, SQL, files, manifest and log. */
import { html } from 'hono/html';
import { layout, type Html, type Visitor } from './layout.ts';
import { liveList } from './live.ts';
import type { LogView, RunDetail } from './model.ts';
import { badge, stateOfRun } from './state.ts';
import { exact } from './time.ts';
import { counted, duration, size } from './words.ts';

export function runPage(detail: RunDetail, visitor: Visitor): Html {
  const { instance, run, report, live, log } = detail;
  return layout(
    `${run.task}, ${run.scheduled_for.slice(0, 16).replace('T', ' ')}: ${run.status} · Tidemark`,
    instance,
    visitor,
    html`<p class="crumbs"><a href="/tasks/${run.task}">${run.task}</a></p>
      <div class="page-head" id="head">
        <h1>Run <span class="id">${run.run_id}</span></h1>
        ${badge(stateOfRun(run))}
      </div>
      ${failure(detail)} ${liveList(live === null ? [] : [live], visitor.now, run.task)}
      <dl class="facts" id="facts">
        <div>
          <dt>Scheduled for</dt>
          <dd>${exact(run.scheduled_for)}</dd>
        </div>
        <div>
          <dt>Began</dt>
          <dd>${exact(run.started_at)}</dd>
        </div>
        <div>
          <dt>Ended</dt>
          <dd>
            ${run.finished_at === null ? 'not yet' : exact(run.finished_at)}${run.duration_ms === null ? '' : `, after ${duration(run.duration_ms)}`}
          </dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd>
            ${run.kind.replace('_', ' ')}${run.attempts !== null && run.attempts > 1 ? `, ${run.attempts} attempts` : ''}
          </dd>
        </div>
        <div>
          <dt>Result</dt>
          <dd>${counted(run.rows)} rows, ${size(run.bytes)}</dd>
        </div>
        ${run.windows.map(
          (window) =>
            html`<div>
              <dt>Window of ${window.table}</dt>
              <dd>
                <code>${window.column}</code> after ${window.from ?? 'the beginning'}, up to
                ${window.to ?? 'the end'}
              </dd>
            </div>`,
        )}
      </dl>
      ${
        run.warnings.length === 0
          ? ''
          : html`<section id="warnings">
              <h2>Warnings</h2>
              <ul>
                ${run.warnings.map((warning) => html`<li>${warning}</li>`)}
              </ul>
            </section>`
      }
      ${files(detail)}
      ${
        report === null || report.tables.length === 0
          ? ''
          : html`<section id="sql">
              <h2>SQL</h2>
              ${report.tables.map(
                ({ name, sql }) =>
                  html`<h3>${name}</h3>
                    ${sql.map((text) => html`<pre tabindex="0">${text}</pre>`)}`,
              )}
            </section>`
      }
      ${logOf(log, run.run_id)}`,
  );
}

function failure({ run }: RunDetail): Html {
  if (run.error === null) return html``;
  const { code, message, hint, retryable } = run.error;
  return html`<article class="problem" id="failure">
    <h2><code>${code}</code></h2>
    <p>${message}</p>
    <p class="hint"><strong>What to do:</strong> ${hint}</p>
    <p class="dim">
      ${retryable ? 'It may pass by itself: the next run can succeed without a change.' : 'It does not pass by itself.'}
    </p>
  </article>`;
}

function files({ run, report }: RunDetail): Html {
  if (report === null || report.files.length === 0) return html``;
  const manifest =
    run.manifest === null
      ? ''
      : html`<p>
          Manifest: <a href="/runs/${run.run_id}/manifest"><code>${run.manifest}</code></a>
        </p>`;
  return html`<section id="files">
    <h2>Files</h2>
    ${manifest}
    <div class="scroll" role="region" aria-label="Files" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Object</th>
            <th scope="col">Table</th>
            <th scope="col" class="number">Rows</th>
            <th scope="col" class="number">Size</th>
          </tr>
        </thead>
        <tbody>
          ${report.files.map(
            ({ key, table, rows, bytes }) =>
              html`<tr>
                <td><code>${key}</code></td>
                <td>${table}</td>
                <td class="number">${counted(rows)}</td>
                <td class="number">${size(bytes)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function logOf(log: LogView | null, id: string): Html {
  if (log === null)
    return html`<section id="log">
      <h2>Log</h2>
      <p class="dim">Its file is gone, or was not written.</p>
    </section>`;
  const whole = log.cut
    ? html`<p class="dim">The end of ${size(log.bytes)}. <a href="/runs/${id}/log">More of it as text</a></p>`
    : html`<p><a href="/runs/${id}/log">As text</a></p>`;
  return html`<section id="log">
    <h2>Log</h2>
    ${whole}
    <pre class="log" tabindex="0">${log.text}</pre>
  </section>`;
}
