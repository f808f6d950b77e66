import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Who may talk to the server: a token is printed in the terminal, works once, and is exchanged for a session that lasts as long as
 * the server. Tokens and sessions are 32 random bytes; neither is ever written to disk.
 */
export class Sessions {
  private readonly sessions = new Set<string>();
  private token: string = newSecret();

  /** The token that works next. */
  get currentToken(): string {
    return this.token;
  }

  /** Exchanges the token for a session, and replaces it; null when it is not the current one. */
  enter(token: unknown): string | null {
    if (typeof token !== 'string' || !sameSecret(token, this.token)) return null;
    this.token = newSecret();
    const session = newSecret();
    this.sessions.add(digest(session).toString('hex'));
    return session;
  }

  has(session: string | undefined): boolean {
    return session !== undefined && this.sessions.has(digest(session).toString('hex'));
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
