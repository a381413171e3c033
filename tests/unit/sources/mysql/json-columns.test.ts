/** Which columns hold JSON, from a table's definition as MariaDB prints it. */
import { jsonColumnsOf } from '../../../../src/sources/mysql/json-columns.ts';

const DEFINITION = [
  'CREATE TABLE `t` (',
  '  `id` int(11) NOT NULL,',
  '  `do``c` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`do``c`)),',
  '  `ok` longtext DEFAULT NULL CHECK (json_valid(`ok`)),',
  "  `or_empty` longtext DEFAULT NULL CHECK (json_valid(`or_empty`) or `or_empty` = ''),",
  "  `said` longtext DEFAULT NULL COMMENT 'it''s CHECK (json_valid(`said`)), \\' CHECK (json_valid(`said`))',",
  '  `CHECK (json_valid(``named``))` longtext DEFAULT NULL,',
  '  `computed` tinyint(1) GENERATED ALWAYS AS (json_valid(`computed`)) VIRTUAL,',
  '  `far` longtext DEFAULT NULL,',
  '  CONSTRAINT `x` CHECK (json_valid(`far`)),',
  '  CONSTRAINT `y` CHECK (json_valid(`or_empty`) and `id` > 0)',
  ") ENGINE=InnoDB COMMENT='CHECK (json_valid(`id`))'",
].join('\n');

it('finds those that nothing but JSON is allowed in', () => {
  expect([...jsonColumnsOf(DEFINITION)]).toEqual(['do`c', 'ok', 'far']);
});

it('finds none where there are none', () => {
  expect(jsonColumnsOf('CREATE TABLE `t` (`a` longtext)').size).toBe(0);
});
