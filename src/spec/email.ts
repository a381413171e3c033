/**
 * What Tidemark takes for an e-mail address: one ASCII address, without a display name. Stricter than RFC 5322 in
 * what could reach a mail header (no quoted local part, comment, comma or control character), wider in that a host
 * without a dot is fine, as mail servers inside a network have.
 */

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?';

/** The address alone, to be put between `^` and `$`. */
export const EMAIL = `${ATOM}(\\.${ATOM})*@${LABEL}(\\.${LABEL})*`;

/** JSON Schema pattern for one address. */
export const EMAIL_PATTERN = `^${EMAIL}$`;
