/** Bounds of the supervisor and its channel: what, unit, consequence, source. Here and not in shared/, since the supervisor imports `node:*` only. */

/** Largest frame, in bytes: the connection is cut at a larger one. Holds a 1 MB script, 200 KB of environment and a file of READ_FILE_BYTES_MAX. */
export const FRAME_BYTES_MAX = 33_554_432

/** Largest frame before the hello was accepted, in bytes: strangers get no memory. */
export const HELLO_BYTES_MAX = 4_096

/** Records sent in one answer, in bytes: what a slow reader may hold up in a socket. Larger than the largest record. */
export const READ_BYTES_MAX = 262_144

/** Most bytes of output in one record: what one read of a pipe gives. Source: Linux, default capacity of a pipe (pipe(7)). */
export const RECORD_BYTES_MAX = 65_536

/** Between two pings, in milliseconds. A WebSocket's own pings do not reach through a relay (measured), so they are frames. */
export const PING_INTERVAL_MS = 2_000

/** Silence after which a connection counts as broken, in milliseconds: three pings. */
export const PING_PATIENCE_MS = 6_000

/** From connecting to the end of the hello, in milliseconds; then the connection is cut. */
export const HELLO_PATIENCE_MS = 5_000

/**
 * How long a step's output is waited for after its end when a process it left holds the pipes, in milliseconds; later output is read and
 * dropped. Source: actions/runner ProcessInvoker, 5 seconds.
 */
export const DRAIN_MS = 5_000

/** How long the launcher may take to appear, in milliseconds; then the supervisor gives up and its keeper starts it again. */
export const LAUNCHER_PATIENCE_MS = 10_000

/** How soon a supervisor notices that its folder was removed, in milliseconds; then it ends its job, for nobody can come for it any more. */
export const FOLDER_INTERVAL_MS = 2_000

/** Named pipes made ahead of time, in steps: mkfifo takes longer than a step. */
export const FIFO_POOL_STEPS = 16

/** Largest file command file read back, in bytes; a larger one is reported by its size. Keeps an exit record inside one frame. */
export const FILE_COMMAND_BYTES_MAX = 4_194_304

/** Largest file `readFile` gives, in bytes; asking for more is refused. */
export const READ_FILE_BYTES_MAX = 16_777_216

/** Bytes of files in one `tree` request; larger files go in pieces. */
export const TREE_BYTES_MAX = 1_048_576

/** Largest journal entry, in bytes of JSON; a larger one is refused. */
export const JOURNAL_ENTRY_BYTES_MAX = 8_388_608

/** Journal sent in one answer, in bytes, unless a single entry is larger. */
export const JOURNAL_PAGE_BYTES = 1_048_576

/** `hashFiles` gives up after this many milliseconds. Source: actions/runner HashFilesFunction, 120 seconds. */
export const HASH_FILES_TIMEOUT_MS = 120_000

/** Most patterns of one `hashFiles`. Source: actions/runner, HashFiles takes 1 to 255 arguments. */
export const HASH_FILES_PATTERNS_MAX = 255
