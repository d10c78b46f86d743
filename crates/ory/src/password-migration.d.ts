/**
 * What a password migration comes to: the old system knows the password, or it does not.
 * @trigger ory/password-migration
 * @title Password migration
 */

/** @handler onPasswordMigration */
export type OnPasswordMigration = (event: Event, api: PasswordMigrationAPI) => Promise<void>;

/** What the user has typed in. */
export interface Event {
  /** The name, address or number that the user signs in with. */
  identifier: string;
  /** The password in plain text. */
  password: string;
}

export interface PasswordMigrationAPI {
  /** What a host can do with a password that the old system does not know. */
  access: {
    /**
     * Refuses the sign-in, as a wrong password does.
     * @stops
     */
    deny(reason: string): PasswordMigrationAPI;
  };
}
