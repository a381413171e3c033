/** Jest runs this in each test file of integration and e2e, before its tests. */
import { clearLeftovers } from './leftovers.ts';

afterAll(clearLeftovers);
