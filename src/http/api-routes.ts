/** `/api/tasks` and `/api/runs`: the daemon's tasks and their past, for programs. */
import { json } from './json.ts';
import { readiness, type ProbeOptions } from './probe-routes.ts';
import type { Route } from './route.ts';
import { runQuery, type RunList, type RunQuery } from './run-list.ts';
import type { TaskList } from './task-list.ts';

export interface ApiOptions extends ProbeOptions {
  /** Null: the specs folder has not been read yet. */
  readonly tasks: () => TaskList | null;
  readonly runs: (query: RunQuery) => RunList;
}

export function apiRoutes({ notReady, tasks, runs }: ApiOptions): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/tasks',
      answer: () => {
        const list = tasks();
        return list === null ? readiness(notReady()) : json(list);
      },
    },
    {
      method: 'GET',
      path: '/api/runs',
      answer: ({ req }) => json(runs(runQuery(new URL(req.url).searchParams))),
    },
  ];
}
