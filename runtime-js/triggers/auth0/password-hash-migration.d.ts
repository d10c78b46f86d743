/**
 * Runs when a user logs in whose password is still stored as a hash that only the old system understood.
 * The action compares the password with that hash; when it fits, the host stores a hash of its own and
 * does not call the action for this user again.
 *
 * What is public of Auth0's trigger, and kept here: the name `password-hash-migration`; that it is bound to
 * a database connection (the option `custom_password_hash.action_id`), one action to each; and that it
 * verifies or migrates hashed passwords. What Auth0 has not published: the name of the handler, the event,
 * and the api. Those below are Vestibule's own, in the manner of the other triggers, so an action of this
 * trigger has to be adapted when it moves to or from Auth0.
 *
 * A run ends in one of two ways: `api.password.accept` or `api.password.reject`. A run that does neither
 * fails, and so does the login: nobody has found the password right.
 *
 * @trigger auth0/password-hash-migration
 * @title Password Hash Migration
 * @mode sync
 * @binding entity connection
 * @needs password.accept - The action has neither accepted nor rejected the password.
 */

import type { Client, Connection, CustomDomain, Protocol, Request, Tenant } from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets, Timestamp } from "../shared.d.ts";

/**
 * Called once for every login with a password that has not been migrated. It has to take the same time for
 * a right and for a wrong password: compare all of the hash, never only up to the first difference.
 *
 * @example
 * ```js
 * // The old shop stored "SCHEME$ITERATIONS$SALT$HEX", as some web frameworks do.
 * exports.onExecutePasswordHashMigration = async (event, api) => {
 *   const bytes = (text) => new TextEncoder().encode(text);
 *   const [, iterations, salt, hash] = event.password.hash.split("$");
 *   const use = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: Number(iterations) };
 *   const key = await crypto.subtle.importKey("raw", bytes(event.password.plain), "PBKDF2", false, ["deriveBits"]);
 *   const derived = new Uint8Array(await crypto.subtle.deriveBits(use, key, 256));
 *   const stored = Uint8Array.fromHex(hash);
 *   if (derived.reduce((differs, byte, at) => differs | (byte ^ stored[at]), 0) === 0) api.password.accept();
 *   else api.password.reject("wrong password");
 * };
 * ```
 * @handler onExecutePasswordHashMigration execute
 */
export type OnExecutePasswordHashMigration = (event: Event, api: PasswordHashMigrationAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Who is logging in, with which password, and what is stored. Changes made to this object stay in the action. */
export interface Event {
  /** The application that asked for the login. */
  client?: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The connection (the source of users) that holds the old hashes. */
  connection: Connection;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The password, and the hash to compare it with. */
  password: Password;
  /** The HTTP request of the login. The password is not in its body. */
  request: Request;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** The tenant. */
  tenant: Tenant;
  /** The protocol transaction. */
  transaction?: Transaction;
  /** The user. */
  user: User;
}

/** Both fields are credentials: neither log them nor send them anywhere. */
export interface Password {
  /**
   * The password as the user typed it.
   * @sensitive
   */
  plain: string;
  /**
   * What the old system stored, as it was imported: the hash, and the salt if it is kept with it.
   * @sensitive
   */
  hash: string;
  /** The name under which the algorithm was imported, when it has one. */
  algorithm?: string;
}

export interface Transaction {
  id?: string;
  protocol?: Protocol;
  /** The language chosen for the login page. */
  locale?: string;
  correlation_id?: string;
}

export interface User {
  user_id: string;
  email?: string;
  email_verified?: boolean;
  username?: string;
  phone_number?: string;
  created_at?: Timestamp;
  /**
   * What the application knows about the user; the user cannot edit it.
   * @asType any
   */
  app_metadata?: Record<string, any>;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface PasswordHashMigrationAPI {
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Say whether the password is right. */
  password: PasswordAPI;
}

export interface PasswordAPI {
  /**
   * Says that the password fits the old hash. The login goes on, and the host stores its own hash of the
   * password in place of the old one.
   *
   * @merge last
   * @abortsAfter password.reject - A password is either accepted or rejected, not both.
   */
  accept(): void;
  /**
   * Says that the password does not fit. The user is told what every user with a wrong password is told.
   *
   * @param reason - Why; it appears in the log only. Do not put the password or the hash into it.
   * @stops
   * @merge last
   * @abortsAfter password.accept - A password is either accepted or rejected, not both.
   */
  reject(
    /** @maxLength 1024 */
    reason: string,
  ): void;
}
