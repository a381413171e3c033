/** An example: one row for each skill of an employee, from a list in one column. */

interface Employee {
  readonly employee_id: number;
  /** `Java; SQL` */
  readonly skills: string | null;
}

interface Skill {
  readonly employee_id: number;
  readonly position: number;
  readonly skill: string;
}

export const columns = [
  { name: 'employee_id', type: 'int unsigned', nullable: false },
  { name: 'position', type: 'int', nullable: false },
  { name: 'skill', type: 'varchar(80)', nullable: false },
];

export function transformRow({ employee_id, skills }: Employee): readonly Skill[] {
  const names = (skills ?? '').split(';').map((name) => name.trim());
  return names
    .filter((name) => name !== '')
    .map((skill, index) => ({ employee_id, position: index + 1, skill }));
}
