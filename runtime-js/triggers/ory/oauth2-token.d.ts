/**
 * Runs whenever Hydra is about to issue tokens, whatever the grant: an authorization code, a refresh token,
 * client credentials, a JWT bearer assertion.
 *
 * An action may refuse the tokens, and choose the claims of the access token and of the ID token. It cannot
 * change whom the tokens are for. When an action fails on a refresh, the refresh token stays unused: the
 * client can try again.
 *
 * @trigger ory/oauth2-token
 * @title OAuth2 Token
 * @mode sync
 * @subject event.session.client_id event.session.id_token.subject
 */

import type { CacheAPI, Configuration, Secrets, Timestamp } from "../shared.d.ts";

/**
 * Called once for every answer of the token endpoint.
 *
 * @example
 * ```js
 * exports.onOAuth2Token = async (event, api) => {
 *   if (event.request.granted_scopes.includes("reports")) {
 *     api.accessToken.setClaim("tier", "gold");
 *   }
 * };
 * ```
 * @handler onOAuth2Token execute
 */
export type OnOAuth2Token = (event: Event, api: OAuth2TokenAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** The tokens that are about to be issued, and the request for them. Changes made to this object stay in the action. */
export interface Event {
  /**
   * Plain settings of the action.
   * @provided
   */
  configuration: Configuration;
  /** What the client asked the token endpoint for. */
  request: TokenRequest;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** What the tokens are going to say. */
  session: TokenSession;
}

export interface TokenRequest {
  /** The client that gets the tokens. */
  client_id: string;
  /** The scopes of the tokens. */
  granted_scopes: string[];
  /** The audience of the tokens. */
  granted_audience: string[];
  /** The grants of the request, such as `authorization_code` or `refresh_token`. */
  grant_types: string[];
  /** Further parameters: the `assertion` of a JWT bearer grant, and otherwise nothing. */
  payload?: TokenPayload | null;
}

export interface TokenPayload {
  /** @sensitive */
  assertion?: string[];
  [parameter: string]: string[];
}

export interface TokenSession {
  /** The ID token. */
  id_token?: IdToken | null;
  /** The claims of the access token besides the standard ones, as they were set before. */
  extra?: Record<string, any> | null;
  client_id: string;
  /** The consent that the user gave; none without a user. */
  consent_challenge?: string;
  exclude_not_before_claim?: boolean;
  /** The claims that Hydra writes beside `ext` too, and not only below it. */
  allowed_top_level_claims?: string[] | null;
  /** Whether those claims stand below `ext` as well. */
  mirror_top_level_claims?: boolean;
}

export interface IdToken {
  /** What the ID token says. */
  id_token_claims?: IdTokenClaims | null;
  /** What its header says. */
  headers?: {
    extra?: Record<string, any> | null;
  } | null;
  /** The user, as in the claim `sub`; empty for client credentials. */
  subject: string;
  username?: string;
  expires_at?: Record<string, Timestamp> | null;
}

export interface IdTokenClaims {
  sub?: string;
  iss?: string;
  jti?: string;
  aud?: string[] | null;
  nonce?: string;
  at_hash?: string;
  c_hash?: string;
  acr?: string;
  amr?: string[] | null;
  iat?: Timestamp | number;
  exp?: Timestamp | number;
  rat?: Timestamp | number;
  auth_time?: Timestamp | number;
  /** Further claims, as the consent or an earlier hook set them. */
  ext?: Record<string, any> | null;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. Methods that return this object can be chained. */
export interface OAuth2TokenAPI {
  /** Refuse the tokens. */
  access: AccessAPI;
  /** Choose the claims of the access token. */
  accessToken: AccessTokenAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Choose the claims of the ID token. */
  idToken: IdTokenAPI;
}

export interface AccessAPI {
  /**
   * Refuses the tokens: Hydra answers the client with `access_denied`. The handler still runs to its end;
   * later actions do not run.
   *
   * @param reason - Why; it appears in the log only.
   * @stops
   * @merge last
   */
  deny(
    /** @minLength 1 */
    reason: string,
  ): OAuth2TokenAPI;
}

export interface AccessTokenAPI {
  /**
   * Sets one claim. Hydra writes it below `ext`; also at the top level when it is among
   * `event.session.allowed_top_level_claims`.
   *
   * @param name - The claim.
   * @param value - Any value that JSON can carry.
   * @merge last by name
   */
  setClaim(
    /** @minLength 1 */
    name: string,
    value: unknown,
  ): OAuth2TokenAPI;
  /**
   * Replaces all further claims of the token, those of `event.session.extra` too. Without it Hydra keeps
   * them. Claims of `setClaim` are put on top, whichever was called first.
   *
   * @param claims - All of them.
   * @merge last
   */
  setClaims(claims: Record<string, unknown>): OAuth2TokenAPI;
}

export interface IdTokenAPI {
  /**
   * Sets one claim. Hydra itself sets the standard claims afterwards, so those cannot be changed.
   *
   * @param name - The claim.
   * @param value - Any value that JSON can carry.
   * @merge last by name
   */
  setClaim(
    /**
     * @minLength 1
     * @reserved "sub" | "iss" | "aud" | "exp" | "iat" | "rat" | "jti" | "nonce" | "at_hash" | "c_hash" |
     *   "auth_time" | "acr" | "amr" - Hydra sets this claim itself.
     */
    name: string,
    value: unknown,
  ): OAuth2TokenAPI;
  /**
   * Replaces all further claims of the token, those of `event.session.id_token.id_token_claims.ext` too.
   * Without it Hydra keeps them. Claims of `setClaim` are put on top, whichever was called first; standard
   * claims among them are left out.
   *
   * @param claims - All of them.
   * @merge last
   */
  setClaims(claims: Record<string, unknown>): OAuth2TokenAPI;
}
