/*
 * Types that the triggers of Corbado share. Corbado publishes no types of its actions' events; the names are
 * those of its public API and of its signed passkey data.
 */

import type { Configuration, Secrets } from "../shared.d.ts";

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** What the events of all Corbado triggers have. */
export interface ConnectEvent {
  /**
   * Plain settings of the action.
   * @provided
   */
  configuration: Configuration;
  /** The process (one visit to the login or to the settings) that this is part of. */
  processId: string;
  /** The Corbado project, such as `pro-1234567890123456789`. */
  projectId: string;
  /** The HTTP request of the browser or application. */
  request: Request;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
}

export interface Request {
  /** The client's address. */
  ip: string;
  /** The `User-Agent` header. */
  userAgent: string;
  /** The origin of the page, such as `https://app.example.com`. */
  origin?: string;
  /** The preferred languages, from the `Accept-Language` header. */
  acceptLanguage?: string;
}

/** A user of the project. */
export interface User {
  /** Corbado's identifier, such as `usr-1234567890`. */
  id: string;
  /** The name that your identity provider and Corbado agreed on. */
  username: string;
}

/** A passkey. */
export interface Credential {
  /** Corbado's identifier, such as `cre-1234567890`. */
  id: string;
  /** The identifier that the authenticator gave it. */
  webauthnId: string;
  /** The model of the authenticator. */
  aaguid?: string;
  /** The name of the authenticator, such as `iCloud Keychain`. */
  authenticatorName?: string;
  /** How the authenticator can be reached, such as `internal` or `hybrid`. */
  transports?: string[];
  /** Whether the passkey can be synchronised to other devices. */
  backupEligible?: boolean;
  /** Whether it is. */
  backupState?: boolean;
  /** The operating system that it was made on. */
  sourceOS?: string;
  /** The browser that it was made in. */
  sourceBrowser?: string;
}

/**
 * A token of Corbado about a passkey ceremony: a JWT that lives some minutes and is good for one use.
 * @minLength 1
 */
export type SignedPasskeyData = string;

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

export interface PasskeyAPI {
  /**
   * Checks that Corbado signed this passkey data for your project, and returns what it says. Rejects when
   * it is forged, expired, not valid yet, made for another project or user, or was used before: a token is
   * good for one call.
   *
   * Only RS256 is accepted, whatever the token's header says, and only with the one key of the set that has
   * the token's `kid`.
   *
   * @param signedPasskeyData - The token.
   * @param options - The keys, and for whom the token must be.
   * @host passkey.verifySignedData
   */
  verifySignedData(
    signedPasskeyData: SignedPasskeyData,
    options: VerifyOptions,
  ): Promise<PasskeyClaims>;
}

/** Give either `jwks` or `jwksUrl`. */
export interface VerifyOptions {
  /**
   * The public keys of the project, as a JSON Web Key Set.
   * @maxBytes 65536
   */
  jwks?: Record<string, unknown>;
  /**
   * Where the public keys can be read. They are fetched as `fetch` would do it, under the same rules, and
   * kept for five minutes.
   * @format http-uri
   * @pattern ^[hH][tT][tT][pP][sS]:// - must begin with https://
   */
  jwksUrl?: string;
  /**
   * Who must have signed the token: its `iss`, which names the project.
   * @minLength 1
   */
  issuer: string;
  /**
   * Whom the token must be for: its `username`. Give it whenever you know who is logging in.
   * @minLength 1
   */
  username?: string;
}

/** What signed passkey data says. */
export interface PasskeyClaims {
  /** The project. */
  iss: string;
  /** The user, such as `usr-1234567890`. */
  sub: string;
  /** When the token was made, in seconds since 1970. */
  iat: number;
  /** From when it is good, in seconds since 1970. */
  nbf?: number;
  /** Until when it is good, in seconds since 1970. */
  exp: number;
  /** What makes the token unique. */
  jti: string;
  /** The process that the ceremony was part of. */
  processId?: string;
  /** The user's name. */
  username?: string;
  /** The passkey, such as `cre-1234567890`. */
  credential?: string;
  /** The challenge of the ceremony. */
  challengeId?: string;
  /** The identifier that the authenticator gave the passkey. */
  webauthnId?: string;
  /** Whether the user chose the passkey from the browser's suggestions. */
  isCUI?: boolean;
  [claim: string]: any;
}
