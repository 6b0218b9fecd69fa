/** The package's version, as registration marks and models carry it. A test holds it against package.json. */
export const VERSION = '0.1.0';
