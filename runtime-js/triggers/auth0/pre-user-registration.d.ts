/**
 * Runs before a new user is stored: when somebody signs up with a database connection, or logs in for the
 * first time with a one-time code.
 *
 * An action may refuse the registration, answer it with a validation error, show a form first, and choose
 * the metadata that the user starts with.
 *
 * @trigger auth0/pre-user-registration
 * @title Pre User Registration
 * @mode sync
 */

/**
 * Called once for every registration.
 *
 * @example
 * ```js
 * exports.onExecutePreUserRegistration = async (event, api) => {
 *   if (!event.user.email?.endsWith("@example.com")) {
 *     api.access.deny("foreign domain", "Please use your company address.");
 *   }
 * };
 * ```
 * @handler onExecutePreUserRegistration execute
 */
export type OnExecutePreUserRegistration = (event: Event, api: PreUserRegistrationAPI) => Promise<void>;

/**
 * Called when the user has answered a form of `api.prompt.render`. The actions before this one do not
 * run again.
 *
 * @handler onContinuePreUserRegistration continue
 */
export type OnContinuePreUserRegistration = (event: Event, api: PreUserRegistrationAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Who wants to register, with which application, and how. Changes made to this object stay in the action. */
export interface Event {
  /** The anonymous session that the visitor had before. */
  anonymous_session?: Record<string, unknown>;
  /** What risk assessment says about this registration. */
  authentication?: Authentication;
  /** The application that the user is registering with. */
  client?: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The connection (the source of users) that the user will belong to. */
  connection: Connection;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The experiment that this registration takes part in; `null` when there is none. */
  experiment?: Experiment | null;
  /** The answers of a form, in the handler that continues after `api.prompt.render`. */
  prompt?: PromptResult;
  /** The HTTP request. Fields that were added to the sign-up form arrive in its body as `ulp-NAME`. */
  request: Request;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** Fingerprints of the TLS connection. */
  security_context?: SecurityContext;
  /** The tenant. */
  tenant: Tenant;
  /** The protocol transaction. */
  transaction?: Transaction;
  /** The user who is to be stored. There is no identifier yet. */
  user: User;
}

/** Secrets by name. Declare your own names by merging into this interface. */
export interface Secrets {
  [name: string]: string;
}

/** Settings by name. */
export interface Configuration {
  [name: string]: string;
}

export interface Authentication {
  /** What risk assessment says about this registration. */
  riskAssessment?: RiskAssessment;
}

export interface RiskAssessment {
  /** Version of the assessment. */
  version: string;
  /** The overall confidence that the login is legitimate. */
  confidence: Confidence;
  /** The single assessments. */
  assessments: {
    /** Whether the address is known for abuse. */
    UntrustedIP?: Assessment;
    /** Whether the device was seen before. */
    NewDevice?: Assessment;
    /** Whether the user could have travelled here since the last login. */
    ImpossibleTravel?: Assessment;
    /** Whether the request comes from automation. */
    AgentDetection?: Assessment;
  };
  /** Signals of other vendors. */
  supplemental?: {
    /** Signals that Akamai added to the request. */
    akamai?: {
      /** Bot score data. */
      akamaiBot?: Record<string, unknown>;
      /** User risk data. */
      akamaiUserRisk?: Record<string, unknown>;
    };
  };
}

export type Confidence = "low" | "medium" | "high" | "neutral";

export interface Assessment {
  /** The confidence of this assessment. */
  confidence: Confidence;
  /** A code that says why. */
  code: string;
  /** What the code is based on. */
  details?: Record<string, unknown>;
}

export interface Client {
  /** Identifier of the application. */
  client_id: string;
  /** Name of the application. */
  name: string;
  /** Metadata of the application. */
  metadata: Record<string, string>;
}

export interface Connection {
  /** Identifier of the connection. */
  id: string;
  /** Name of the connection. */
  name: string;
  /** The kind of connection: `auth0` for a database, `google-oauth2`, `samlp`, `email`, `sms` and so on. */
  strategy: string;
  /** Metadata of the connection. */
  metadata?: Record<string, string>;
}

export interface CustomDomain {
  /** The domain name. */
  domain: string;
  /** Metadata of the domain. */
  domain_metadata?: Record<string, string>;
}

export interface Experiment {
  experiment_id: string;
  variation_id: string;
  variation_name: string;
  /** The parameters of the variation. */
  config: Record<string, { value: unknown }>;
  /** Whether the variation is the control group. */
  is_control: boolean;
}

export interface PromptResult {
  /** The form that was shown. */
  id: string;
  /** What the user entered. */
  fields?: Record<string, unknown>;
  /** The variables of the form. */
  vars?: Record<string, unknown>;
}

export interface Request {
  /** The autonomous system number of the client's network. */
  asn?: string;
  /** The body of a POST request. */
  body?: Record<string, unknown>;
  geoip?: GeoIP;
  /** The host that was asked: the tenant's domain or a custom domain. */
  hostname?: string;
  /** The client's IP address. */
  ip: string;
  /** The preferred language, from the `Accept-Language` header. */
  language?: string;
  /** The HTTP method. */
  method: string;
  /** The query parameters. */
  query?: Record<string, any>;
  /** The `User-Agent` header. */
  user_agent?: string;
}

/** Where the IP address is thought to be. */
export interface GeoIP {
  cityName?: string;
  continentCode?: string;
  /** Two letters, ISO 3166. */
  countryCode?: string;
  /** Three letters, ISO 3166. */
  countryCode3?: string;
  countryName?: string;
  latitude?: number;
  longitude?: number;
  subdivisionCode?: string;
  subdivisionName?: string;
  /** A zone name such as `Europe/Berlin`. */
  timeZone?: string;
}

export interface SecurityContext {
  ja3?: string;
  ja4?: string;
}

export interface Tenant {
  /** Name of the tenant. */
  id: string;
}

export interface Transaction {
  id?: string;
  protocol?: Protocol;
  /** The language chosen for the sign-up page. */
  locale?: string;
  acr_values?: string[];
  ui_locales?: string[];
  requested_scopes?: string[];
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
}

export type Protocol =
  | "oidc-basic-profile"
  | "oidc-implicit-profile"
  | "oidc-hybrid-profile"
  | "oidc-ciba"
  | "oidc-ciba-web-link"
  | "oauth2-device-code"
  | "oauth2-resource-owner"
  | "oauth2-resource-owner-jwt-bearer"
  | "oauth2-password"
  | "oauth2-webauthn"
  | "oauth2-access-token"
  | "oauth2-refresh-token"
  | "oauth2-token-exchange"
  | "samlp"
  | "wsfed"
  | "wstrust-usernamemixed";

export interface User {
  email?: string;
  username?: string;
  name?: string;
  given_name?: string;
  family_name?: string;
  nickname?: string;
  picture?: string;
  phone_number?: string;
  /**
   * What the application knows about the user; the user cannot edit it.
   * @asType any
   */
  app_metadata?: Record<string, any>;
  /**
   * What the user may edit.
   * @asType any
   */
  user_metadata?: Record<string, any>;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. Methods that return this object can be chained. */
export interface PreUserRegistrationAPI {
  /** Refuse the registration. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Show a form. */
  prompt: PromptAPI;
  /** Choose what the user starts with. */
  user: UserAPI;
  /** Answer with a validation error. */
  validation: ValidationAPI;
}

export interface AccessAPI {
  /**
   * Refuses the registration. The handler still runs to its end; later actions do not run.
   *
   * @param reason - Why; it appears in the log only.
   * @param userMessage - What the user is told.
   * @stops
   * @merge last
   */
  deny(reason: string, userMessage: string): PreUserRegistrationAPI;
}

/** What the cache keeps. */
export interface CacheRecord {
  value: string;
  /** When the entry ends, in milliseconds since 1970. */
  expires_at: number;
}

export type CacheError =
  | "MaxSideEffectsExceeded"
  | "CacheKeySizeExceeded"
  | "CacheValueSizeExceeded"
  | "CacheSizeExceeded"
  | "ItemAlreadyExpired"
  | "InvalidExpiry"
  | "FailedToSetCacheRecord"
  | "FailedToDeleteCacheRecord"
  | "CacheKeyDoesNotExist";

export type CacheSetResult = { type: "success"; record: CacheRecord } | { type: "error"; code: CacheError };
export type CacheDeleteResult = { type: "success" } | { type: "error"; code: CacheError };

/**
 * The name of a cache entry.
 * @maxBytes 64
 */
export type CacheKey = string;

/**
 * A cached text.
 * @maxBytes 4096
 */
export type CacheValue = string;

export interface CacheAPI {
  /**
   * Returns the entry, or `undefined` when there is none or it has expired.
   *
   * @param key - The name of the entry.
   * @host cache.get
   * @unchecked
   */
  get(key: CacheKey): CacheRecord | undefined;
  /**
   * Keeps a text for later executions of this trigger. Never throws: look at the result. An entry
   * lives 15 minutes unless you say otherwise, and never longer than 24 hours.
   *
   * @param key - The name of the entry.
   * @param value - The text.
   * @param options - `ttl` in milliseconds, or `expires_at` in milliseconds since 1970; the earlier one wins.
   * @host cache.set
   * @unchecked
   */
  set(key: CacheKey, value: CacheValue, options?: { ttl?: number; expires_at?: number }): CacheSetResult;
  /**
   * Forgets the entry. Never throws: look at the result.
   *
   * @param key - The name of the entry.
   * @host cache.delete
   * @unchecked
   */
  delete(key: CacheKey): CacheDeleteResult;
}

export interface PromptAPI {
  /**
   * Shows a form when this action has ended, then calls `onContinuePreUserRegistration` with the answers in
   * `event.prompt`. One action can show one form.
   *
   * @param promptId - The form.
   * @param options - Values for its fields and variables.
   * @suspends
   * @merge last
   * @abortsAfter prompt.render - An action may render one form only.
   */
  render(
    /**
     * @minLength 1
     * @maxLength 48
     */
    promptId: string,
    options?: RenderOptions,
  ): void;
}

/** @maxBytes 24576 */
export interface RenderOptions {
  /**
   * Values of the fields by name.
   * @maxProperties 24
   * @propertyNames ^[a-zA-Z_][a-zA-Z0-9_]{0,49}$
   */
  fields?: Record<string, unknown>;
  /**
   * Values of the variables by name.
   * @maxProperties 24
   */
  vars?: Record<string, unknown>;
}

export interface UserAPI {
  /**
   * Sets a value of the `app_metadata` that the user starts with. Users of passwordless connections
   * have none.
   *
   * @param name - The name.
   * @param value - Any value that JSON can carry; `null` removes the entry.
   * @requires event.user.app_metadata is object or absent - The stored app_metadata of the user is not an object.
   * @merge last by name
   * @limitBytes 32768 per flow - The changes of app_metadata may take at most 32768 bytes.
   */
  setAppMetadata(name: string, value: unknown): PreUserRegistrationAPI;
  /**
   * Sets a value of the `user_metadata` that the user starts with. Users of passwordless connections
   * have none.
   *
   * @param name - The name.
   * @param value - Any value that JSON can carry; `null` removes the entry.
   * @requires event.user.user_metadata is object or absent - The stored user_metadata of the user is not an object.
   * @merge last by name
   * @limitBytes 32768 per flow - The changes of user_metadata may take at most 32768 bytes.
   */
  setUserMetadata(name: string, value: unknown): PreUserRegistrationAPI;
  /**
   * Chooses the identifier of the user.
   *
   * @param userId - The identifier.
   * @merge last
   */
  setUserId(
    /** @minLength 1 */
    userId: string,
  ): PreUserRegistrationAPI;
}

export interface ValidationAPI {
  /**
   * Refuses the registration with a validation error.
   *
   * @param errorCode - A code for the application.
   * @param errorMessage - A message for the user.
   * @stops
   * @merge last
   */
  error(
    /**
     * @minLength 1
     * @maxLength 100
     */
    errorCode: string,
    /** @maxLength 100 */
    errorMessage: string,
  ): PreUserRegistrationAPI;
}
