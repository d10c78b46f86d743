/**
 * Runs after a user has proved who they are and before any token is issued: on a login through the
 * login page, and also on silent authentication, a refresh-token exchange, the device flow, a token
 * exchange, CIBA, SAML and WS-Federation.
 *
 * An action may refuse the login, add claims and scopes, ask for more factors, send the user to
 * another page or show a form, and change metadata.
 *
 * @trigger auth0/post-login
 * @title Post Login
 * @mode sync
 * @subject event.user.user_id
 */

import type {
  Actor,
  Agent,
  Authentication,
  Authorization,
  ChallengeFactor,
  ClaimName,
  Client,
  Connection,
  CustomDomain,
  EnrollFactor,
  Experiment,
  GeoIP,
  Organization,
  PromptAPI,
  PromptResult,
  Protocol,
  RedirectTokensAPI,
  Request,
  ResourceServer,
  Scope,
  SecurityContext,
  Stats,
  TargetScopesAPI,
  Tenant,
  TransactionKey,
  TransactionMetadata,
  TransactionValue,
  User,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets, Timestamp } from "../shared.d.ts";

/**
 * Called once for every login.
 *
 * @example
 * ```js
 * exports.onExecutePostLogin = async (event, api) => {
 *   if (!event.user.email_verified) api.access.deny("Please confirm your e-mail address first.");
 * };
 * ```
 * @handler onExecutePostLogin execute
 */
export type OnExecutePostLogin = (event: Event, api: PostLoginAPI) => Promise<void>;

/**
 * Called when the user comes back from `api.redirect.sendUserTo` or from a form of
 * `api.prompt.render`. The actions before this one do not run again.
 *
 * @handler onContinuePostLogin continue
 */
export type OnContinuePostLogin = (event: Event, api: PostLoginAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Who is logging in, to which application, and how. Changes made to this object stay in the action. */
export interface Event {
  /** The software agent that acts for the user, when there is one. */
  agent?: Agent;
  /** The anonymous session that the visitor had before this login. */
  anonymous_session?: Record<string, unknown>;
  /** How the user was authenticated in this session. */
  authentication?: Authentication;
  /** What the user is authorised for. */
  authorization?: Authorization;
  /** The application that asked for the login. */
  client: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The connection (the source of users) that was used. */
  connection: Connection;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The experiment that this login takes part in; `null` when there is none. */
  experiment?: Experiment | null;
  /** The organization that the user is logging in to. */
  organization?: Organization;
  /** The answers of a form, in the handler that continues after `api.prompt.render`. */
  prompt?: PromptResult;
  /** The refresh token of this login, when one exists. `api.refreshToken` changes its metadata at once. */
  refresh_token?: RefreshToken;
  /** The HTTP request that started or continued the login. */
  request: Request;
  /** The API (audience) that an access token was asked for. */
  resource_server?: ResourceServer;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** Fingerprints of the TLS connection. */
  security_context?: SecurityContext;
  /** The login session. `api.session` changes its metadata and its cookie mode at once. */
  session?: Session;
  /** The session transfer token that started a login in the browser from a native application. */
  session_transfer_token?: SessionTransferToken;
  /** Counters of this user. */
  stats: Stats;
  /** The tenant. */
  tenant: Tenant;
  /** The protocol transaction. `api.transaction.setMetadata` changes its metadata at once. */
  transaction?: Transaction;
  /** The user who is logging in. */
  user: User;
}

export interface Device {
  initial_asn?: string;
  initial_ip?: string;
  initial_user_agent?: string;
  last_asn?: string;
  last_ip?: string;
  last_user_agent?: string;
}

/**
 * Metadata of a session or a refresh token.
 * @maxProperties 25
 */
export type StoredMetadata = Record<string, string>;

export interface RefreshToken {
  id: string;
  client_id: string;
  created_at: Timestamp;
  /** When the token ends at the latest. */
  expires_at?: Timestamp | null;
  /** When the token ends if it is not used. */
  idle_expires_at?: Timestamp | null;
  last_exchanged_at?: Timestamp | null;
  /** Whether each exchange gives a new token. */
  rotating?: boolean;
  /** The session that the token was issued in. */
  session_id?: string | null;
  user_id: string;
  device?: Device;
  metadata?: StoredMetadata;
  /** The APIs that the token is good for. */
  resource_servers?: RefreshTokenResourceServer[];
  session_transfer?: Record<string, unknown>;
  /** `online` when the token ends with its session: its expiry cannot be changed. */
  access?: "online" | "offline";
}

export interface RefreshTokenResourceServer {
  audience: string;
  scopes?: string;
}

export interface Session {
  id: string;
  user_id?: string;
  created_at?: Timestamp;
  updated_at?: Timestamp;
  authenticated_at?: Timestamp;
  /** When the session ends at the latest. */
  expires_at?: Timestamp | null;
  /** When the session ends if it is not used. */
  idle_expires_at?: Timestamp | null;
  last_interacted_at?: Timestamp;
  /** The applications that have used the session. */
  clients?: { client_id: string }[];
  cookie?: {
    /** Whether the session cookie outlives the browser. */
    mode?: CookieMode;
  };
  device?: Device;
  metadata?: StoredMetadata;
  actor?: Actor;
  session_transfer?: Record<string, unknown>;
}

export type CookieMode = "persistent" | "non-persistent";

export interface SessionTransferToken {
  client_id: string;
  scope: string[];
  /** The request that asked for the token. */
  request: {
    asn?: string;
    geoip?: GeoIP;
    ip?: string;
    user_agent?: string;
  };
}

export interface Transaction {
  id?: string;
  protocol?: Protocol;
  /** The language chosen for the login page. */
  locale: string;
  acr_values: string[];
  ui_locales: string[];
  requested_scopes: string[];
  /** Rich authorization requests (RFC 9396). */
  requested_authorization_details?: Record<string, unknown>[];
  prompt?: string[];
  login_hint?: string;
  redirect_uri?: string;
  response_mode?: string;
  response_type?: string[];
  state?: string;
  linking_id?: string;
  correlation_id?: string;
  metadata?: TransactionMetadata;
  subject_token_type?: string;
  actor?: Actor;
  actor_token_type?: string;
  /** The scopes that the access token is going to have, when the host supports changing them. */
  target_scopes?: string[];
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. Methods that return this object can be chained. */
export interface PostLoginAPI {
  /** Refuse the login. */
  access: AccessAPI;
  /** Change the access token. */
  accessToken: AccessTokenAPI;
  /** Ask for factors, or change who is logged in. */
  authentication: AuthenticationAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Read the groups of the user. */
  groups: GroupsAPI;
  /** Change the ID token. */
  idToken: IdTokenAPI;
  /** Ask for multi-factor authentication at the end of the flow. */
  multifactor: MultifactorAPI;
  /** Show a form. */
  prompt: PromptAPI;
  /** Send the user to another site and back. */
  redirect: RedirectAPI;
  /** Change the refresh token. */
  refreshToken: RefreshTokenAPI;
  /** Read the roles of the user. */
  roles: RolesAPI;
  /** Ask about the older extensibility rules. */
  rules: RulesAPI;
  /** Change the SAML response. */
  samlResponse: SamlResponseAPI;
  /** Change the login session. */
  session: SessionAPI;
  /** Keep data for the length of the transaction, and choose the scopes to issue. */
  transaction: TransactionAPI;
  /** Change the user's metadata. */
  user: UserAPI;
  /** Refuse the login with a validation error. */
  validation: ValidationAPI;
}

export interface AccessAPI {
  /**
   * Refuses the login. The handler still runs to its end, later actions do not run, and metadata
   * changes that were asked for are kept.
   *
   * @param reason - Why; the application receives this text.
   * @stops
   * @merge last
   */
  deny(reason: string): PostLoginAPI;
}

export interface AccessTokenAPI {
  /**
   * Sets a claim of the access token. The last value wins; `undefined` withdraws a value set before.
   *
   * @param name - The claim.
   * @param value - Any value that JSON can carry.
   * @merge last by name
   * @limitBytes 102400 per flow - The custom claims of the access token may take at most 102400 bytes.
   */
  setCustomClaim(name: ClaimName, value: unknown): PostLoginAPI;
  /**
   * Adds a scope to the access token.
   *
   * @param scope - The scope.
   * @effect accessToken.scopes = "add"
   * @merge last by scope
   * @limit 1000 per execution - An action may add at most 1000 scopes.
   */
  addScope(scope: Scope): void;
  /**
   * Removes a scope from the access token.
   *
   * @param scope - The scope.
   * @effect accessToken.scopes = "remove"
   * @merge last by scope
   */
  removeScope(scope: Scope): void;
}

export interface IdTokenAPI {
  /**
   * Sets a claim of the ID token. The last value wins; `undefined` withdraws a value set before.
   *
   * @param name - The claim.
   * @param value - Any value that JSON can carry.
   * @merge last by name
   * @limitBytes 102400 per flow - The custom claims of the ID token may take at most 102400 bytes.
   */
  setCustomClaim(name: ClaimName, value: unknown): PostLoginAPI;
}

export interface AuthenticationAPI {
  /**
   * Asks for a factor when this action has ended. A factor that the user has already used in this
   * transaction, or has not enrolled, is left out.
   *
   * @param factor - The factor to begin with.
   * @param options - Factors that the user may choose instead.
   * @suspends next
   * @merge append
   */
  challengeWith(factor: ChallengeFactor, options?: { additionalFactors?: ChallengeFactor[] }): void;
  /**
   * Asks for one of several factors, of the user's choice, when this action has ended.
   *
   * @param factors - The factors to choose from.
   * @suspends next
   * @merge append
   */
  challengeWithAny(factors: ChallengeFactor[]): void;
  /**
   * Asks the user to enrol in a factor when this action has ended. A factor that is enrolled already
   * is left out.
   *
   * @param factor - The factor to begin with.
   * @param options - Factors that the user may choose instead.
   * @suspends next
   * @merge append
   */
  enrollWith(factor: EnrollFactor, options?: { additionalFactors?: EnrollFactor[] }): void;
  /**
   * Asks the user to enrol in one of several factors when this action has ended.
   *
   * @param factors - The factors to choose from.
   * @suspends next
   * @merge append
   */
  enrollWithAny(factors: EnrollFactor[]): void;
  /**
   * Records a method of your own that the user has completed on another site. It appears in
   * `event.authentication.methods` from the next login of the session on.
   *
   * @param providerUrl - An http or https URL that names the method.
   * @only onContinuePostLogin
   * @merge append
   */
  recordMethod(
    /** @format http-uri */
    providerUrl: string,
  ): PostLoginAPI;
  /**
   * Logs in another user, of whom the authenticated identity is a secondary identity. If it is not,
   * the login fails.
   *
   * @param primaryUserId - The user.
   * @merge once
   * @limit 1 per flow - The primary user can only be altered once per transaction.
   */
  setPrimaryUser(
    /**
     * @minLength 1
     * @maxLength 128
     */
    primaryUserId: string,
  ): void;
}

/** Which page of a list to read. */
export interface Page {
  /**
   * How many entries.
   * @asType integer
   * @minimum 1
   * @maximum 100
   */
  take?: number;
  /** The `next` of the page before. */
  from?: string;
}

export interface Group {
  id: string;
  name: string;
  [field: string]: unknown;
}

export interface Role {
  id: string;
  name: string;
  [field: string]: unknown;
}

export interface GroupsAPI {
  /**
   * Reads the groups that the user belongs to.
   *
   * @param params - Which page.
   * @host groups.getUserGroups
   */
  getUserGroups(params?: Page): Promise<{ groups: Group[]; next?: string }>;
  /**
   * Tells to which of the given groups the user belongs.
   *
   * @param groups - Identifiers of groups.
   * @host groups.hasGroupMembership
   */
  hasGroupMembership(groups: string[]): Promise<{ memberships: Record<string, boolean>; errors?: unknown[] }>;
}

export interface RolesAPI {
  /**
   * Reads the roles that the user has, directly or through groups.
   *
   * @param params - Which page.
   * @host roles.getUserEffectiveRoles
   */
  getUserEffectiveRoles(params?: Page): Promise<{ roles: Role[]; next?: string }>;
  /**
   * Reads those of the given roles that the user has.
   *
   * @param ids - Identifiers of roles.
   * @host roles.getUserEffectiveRolesByIds
   */
  getUserEffectiveRolesByIds(
    /** @maxItems 100 */
    ids: string[],
  ): Promise<{ roles: Role[] }>;
  /**
   * Reads those of the given roles that the user has.
   *
   * @param names - Names of roles.
   * @host roles.getUserEffectiveRolesByNames
   */
  getUserEffectiveRolesByNames(
    /** @maxItems 50 */
    names: string[],
  ): Promise<{ roles: Role[] }>;
}

export interface MultifactorAPI {
  /**
   * Asks for multi-factor authentication after all actions have run; `none` skips it.
   *
   * @param provider - The provider, or `any` for those that the tenant has enabled.
   * @param options - Whether the browser may be remembered, and the settings of Duo.
   * @merge last
   */
  enable(provider: MultifactorProvider, options?: MultifactorOptions): PostLoginAPI;
}

export type MultifactorProvider = "none" | "guardian" | "google-authenticator" | "duo" | "any";

export interface MultifactorOptions {
  /** Whether the user may skip the next challenges in this browser. */
  allowRememberBrowser?: boolean;
  /** Settings of Duo. */
  providerOptions?: {
    host: string;
    ikey: string;
    skey: string;
    username?: string;
  };
}

export interface RedirectAPI extends RedirectTokensAPI {
  /**
   * Sends the user to another site when this action has ended. The site gets a `state` parameter and
   * sends the user back with it; then `onContinuePostLogin` is called.
   *
   * @param url - Where to.
   * @param options - Query parameters to set in the URL.
   * @suspends
   * @merge last
   * @abortsAfter prompt.render - An action may either redirect or render a form, not both.
   */
  sendUserTo(
    /** @format uri */
    url: string,
    options?: { query?: Record<string, string | number | boolean> },
  ): PostLoginAPI;
  /**
   * Tells whether the user can be sent to another site: not with `prompt=none`, nor in a flow without
   * a browser.
   *
   * @host redirect.canRedirect
   */
  canRedirect(): boolean;
}

/**
 * A moment in milliseconds since 1970, as `Date.now()` gives it.
 * @forbid 0 - The expiry must be a time in milliseconds, not 0.
 */
export type ExpiryTime = number;

/**
 * Letters, digits, `_` and `-`.
 * @pattern ^[a-zA-Z0-9_-]{1,255}$ - must be 1 to 255 letters, digits, "_" or "-"
 */
export type MetadataKey = string;

/**
 * A text; `null` deletes the entry.
 * @maxLength 255
 * @pattern ^[^\x00]*$ - must not contain a NUL character
 */
export type MetadataValue = string | null;

export interface RefreshTokenAPI {
  /**
   * Refuses the exchange and revokes the refresh token. Later actions do not run.
   *
   * @param reason - Why; it appears in the log.
   * @requires event.transaction.protocol = "oauth2-refresh-token" - A refresh token can only be revoked while it is exchanged.
   * @stops
   * @merge last
   */
  revoke(
    /** @maxLength 1024 */
    reason: string,
  ): void;
  /**
   * Ends the refresh token at this time, at the latest. The earliest of several calls wins.
   *
   * @param absolute - Milliseconds since 1970.
   * @requires event.refresh_token.access != "online" - The expiry of an online refresh token follows its session.
   * @merge earliest
   */
  setExpiresAt(absolute: ExpiryTime): void;
  /**
   * Ends the refresh token at this time unless it is used before. The earliest of several calls wins.
   *
   * @param idle - Milliseconds since 1970.
   * @requires event.refresh_token.access != "online" - The expiry of an online refresh token follows its session.
   * @merge earliest
   */
  setIdleExpiresAt(idle: ExpiryTime): void;
  /**
   * Stores a value with the refresh token, or with the one to be issued.
   *
   * @param key - The name.
   * @param value - The text; `null` deletes the entry.
   * @updates event.refresh_token.metadata[key] = value
   * @effect refreshToken.metadata
   * @merge last by key
   * @errorPrefix Failed to set refresh token metadata:
   */
  setMetadata(key: MetadataKey, value: MetadataValue): void;
  /**
   * Deletes one value.
   *
   * @param key - The name.
   * @updates event.refresh_token.metadata[key] = null
   * @effect refreshToken.metadata = null
   * @merge last by key
   * @errorPrefix Failed to set refresh token metadata:
   */
  deleteMetadata(key: MetadataKey): void;
  /**
   * Deletes all values.
   *
   * @updates event.refresh_token.metadata = {}
   * @effect refreshToken.metadata
   * @merge clear
   */
  evictMetadata(): void;
}

export interface RulesAPI {
  /**
   * Tells whether a rule has run in this login.
   *
   * @param ruleId - The rule.
   * @host rules.wasExecuted
   */
  wasExecuted(ruleId: string): boolean;
}

/**
 * The value of a SAML attribute; `null` or `undefined` removes it.
 * @maxBytes 2048
 */
export type SamlAttributeValue = string | number | boolean | (string | number | boolean)[] | null;

/** @maxLength 2048 */
export type SamlUrl = string;

/** @maxLength 512 */
export type SamlName = string;

/**
 * A certificate or key in PEM form.
 * @maxLength 4096
 */
export type SamlPem = string;

/** A wrong value throws: leaving out a security setting silently would be dangerous. */
export interface SamlResponseAPI {
  /**
   * Sets an attribute of the assertion.
   *
   * @param name - The attribute.
   * @param value - The value; `null` or `undefined` removes the attribute.
   * @merge last by name
   * @limit 100 per flow - At most 100 SAML attributes can be changed.
   * @limitBytes 102400 per flow - The changes of SAML attributes may take at most 102400 bytes.
   */
  setAttribute(
    /**
     * @minLength 1
     * @maxBytes 1024
     */
    name: string,
    /** @default null */
    value?: SamlAttributeValue,
  ): PostLoginAPI;
  /**
   * Sets the audience of the assertion.
   * @merge last
   */
  setAudience(audience: SamlUrl): PostLoginAPI;
  /**
   * Sets the recipient of the assertion.
   * @merge last
   */
  setRecipient(recipient: SamlUrl): PostLoginAPI;
  /**
   * Sets the destination of the response.
   * @merge last
   */
  setDestination(destination: SamlUrl): PostLoginAPI;
  /**
   * Chooses whether a UPN claim is made.
   * @merge last
   */
  setCreateUpnClaim(createUpnClaim: boolean): PostLoginAPI;
  /**
   * Chooses whether claims without a mapping are passed through.
   * @merge last
   */
  setPassthroughClaimsWithNoMapping(passthroughClaimsWithNoMapping: boolean): PostLoginAPI;
  /**
   * Chooses whether unknown claims keep their names.
   * @merge last
   */
  setMapUnknownClaimsAsIs(mapUnknownClaimsAsIs: boolean): PostLoginAPI;
  /**
   * Chooses whether identities are mapped.
   * @merge last
   */
  setMapIdentities(mapIdentities: boolean): PostLoginAPI;
  /**
   * Chooses the signature algorithm.
   * @merge last
   */
  setSignatureAlgorithm(signatureAlgorithm: "rsa-sha256" | "rsa-sha1"): PostLoginAPI;
  /**
   * Chooses the digest algorithm.
   * @merge last
   */
  setDigestAlgorithm(digestAlgorithm: "sha256" | "sha1"): PostLoginAPI;
  /**
   * Sets how long the assertion is valid, in seconds.
   * @merge last
   */
  setLifetimeInSeconds(lifetimeInSeconds: number): PostLoginAPI;
  /**
   * Chooses whether the response is signed rather than the assertion.
   * @merge last
   */
  setSignResponse(signResponse: boolean): PostLoginAPI;
  /**
   * Sets the format of the name identifier.
   * @merge last
   */
  setNameIdentifierFormat(
    /** @default "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified" */
    nameIdentifierFormat?: SamlName,
  ): PostLoginAPI;
  /**
   * Sets the claims that may become the name identifier, in order of preference.
   * @merge last
   */
  setNameIdentifierProbes(
    /** @maxItems 10 */
    nameIdentifierProbes: SamlName[],
  ): PostLoginAPI;
  /**
   * Sets the class of the authentication context.
   * @merge last
   */
  setAuthnContextClassRef(authnContextClassRef: SamlName): PostLoginAPI;
  /**
   * Sets the certificate to sign with.
   * @merge last
   */
  setSigningCert(signingCert: SamlPem): PostLoginAPI;
  /**
   * Chooses whether attributes carry the format of their names.
   * @merge last
   */
  setIncludeAttributeNameFormat(includeAttributeNameFormat: boolean): PostLoginAPI;
  /**
   * Chooses whether attributes carry types.
   * @merge last
   */
  setTypedAttributes(typedAttributes: boolean): PostLoginAPI;
  /**
   * Sets the certificate to encrypt with.
   * @merge last
   */
  setEncryptionCert(encryptionCert: SamlPem): PostLoginAPI;
  /**
   * Sets the public key to encrypt with.
   * @merge last
   */
  setEncryptionPublicKey(encryptionPublicKey: SamlPem): PostLoginAPI;
  /**
   * Chooses the encryption algorithm.
   * @merge last
   */
  setEncryptionAlgorithm(encryptionAlgorithm: "aes256-gcm" | "aes256-cbc"): PostLoginAPI;
  /**
   * Sets the certificate that belongs to the key.
   * @merge last
   */
  setCert(cert: SamlPem): PostLoginAPI;
  /**
   * Sets the private key to sign with.
   * @merge last
   */
  setKey(key: SamlPem): PostLoginAPI;
  /**
   * Sets the relay state.
   * @merge last
   */
  setRelayState(relayState: SamlName): PostLoginAPI;
  /**
   * Sets the issuer of the response.
   * @merge last
   */
  setIssuer(issuer: SamlName): PostLoginAPI;
}

export interface SessionAPI {
  /**
   * Refuses the login and ends the session. Later actions do not run.
   *
   * @param reason - Why; it appears in the log.
   * @param options - Whether the refresh tokens of the session stay valid.
   * @stops
   * @merge last
   */
  revoke(reason: string, options?: { preserveRefreshTokens?: boolean }): void;
  /**
   * Ends the session at this time, at the latest. The earliest of several calls wins; a time in the
   * past ends it at once.
   *
   * @param absolute - Milliseconds since 1970.
   * @merge earliest
   */
  setExpiresAt(absolute: number): void;
  /**
   * Ends the session at this time unless it is used before. The earliest of several calls wins.
   *
   * @param idle - Milliseconds since 1970.
   * @merge earliest
   */
  setIdleExpiresAt(idle: number): void;
  /**
   * Chooses whether the session cookie outlives the browser.
   *
   * @param mode - The mode.
   * @updates event.session.cookie.mode = mode
   * @merge last
   */
  setCookieMode(mode: CookieMode): void;
  /**
   * Stores a value with the session.
   *
   * @param key - The name.
   * @param value - The text; `null` deletes the entry.
   * @requires event.session - There is no session.
   * @updates event.session.metadata[key] = value
   * @effect session.metadata
   * @merge last by key
   * @errorPrefix Failed to set session metadata:
   */
  setMetadata(key: MetadataKey, value: MetadataValue): void;
  /**
   * Deletes one value. Without a session there is none to delete.
   *
   * @param key - The name.
   * @updates event.session.metadata[key] = null
   * @effect session.metadata = null
   * @merge last by key
   * @errorPrefix Failed to set session metadata:
   */
  deleteMetadata(key: MetadataKey): void;
  /**
   * Deletes all values. Without a session there are none to delete.
   *
   * @updates event.session.metadata = {}
   * @effect session.metadata
   * @merge clear
   */
  evictMetadata(): void;
}

export interface TransactionAPI extends TargetScopesAPI {
  /**
   * Keeps a value for the rest of the transaction: later actions and the continue handler see it in
   * `event.transaction.metadata`.
   *
   * @param key - The name.
   * @param value - The value; `null` deletes the entry.
   * @updates event.transaction.metadata[key] = value
   * @merge last by key
   */
  setMetadata(key: TransactionKey, value: TransactionValue): void;
  /**
   * Adds a scope to those that the access token is going to have.
   *
   * @param scope - The scope.
   * @updates event.transaction.target_scopes += scope
   * @effect transaction.targetScopes = "add"
   * @merge last by scope
   */
  addTargetScope(scope: Scope): void;
}

export interface UserAPI {
  /**
   * Sets a value of the user's `app_metadata`. The changes of all actions are written once, at the end.
   *
   * @param name - The name.
   * @param value - Any value that JSON can carry; `null` removes the entry.
   * @requires event.user.app_metadata is object or absent - The stored app_metadata of the user is not an object.
   * @merge last by name
   * @limitBytes 32768 per flow - The changes of app_metadata may take at most 32768 bytes.
   */
  setAppMetadata(name: string, value: unknown): PostLoginAPI;
  /**
   * Sets a value of the user's `user_metadata`. The changes of all actions are written once, at the end.
   *
   * @param name - The name.
   * @param value - Any value that JSON can carry; `null` removes the entry.
   * @requires event.user.user_metadata is object or absent - The stored user_metadata of the user is not an object.
   * @discardedBy authentication.setPrimaryUser - User metadata is lost when the same action changes the primary user.
   * @merge last by name
   * @limitBytes 32768 per flow - The changes of user_metadata may take at most 32768 bytes.
   */
  setUserMetadata(name: string, value: unknown): PostLoginAPI;
}

export interface ValidationAPI {
  /**
   * Refuses the login with a validation error.
   *
   * @param errorCode - A code for the application.
   * @param errorMessage - A message for the user.
   * @stops
   * @merge last
   */
  error(
    /** @minLength 1 */
    errorCode: string,
    errorMessage: string,
  ): PostLoginAPI;
}
