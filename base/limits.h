/* limits: every limit of the program, in one table.
 *
 * Each is tested at its edge and one past it. Sizes of names include the NUL. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    LIMIT_NAME_SIZE = 64,    /* names of agents, servers, clusters */
    LIMIT_ADDRESS_SIZE = 64, /* "IP:PORT", "[IPv6]:PORT" */
    LIMIT_PATH_SIZE = 256,   /* file names in the configuration */
    LIMIT_SOCKET_SIZE = 108, /* paths of unix sockets; sun_path of unix(7) */
    LIMIT_SECRET_SIZE = 256, /* passwords */
    LIMIT_TEXT_SIZE = 256,   /* a sentence: reasons, details, causes */

    LIMIT_AGENTS = 16, /* voters and learners together */
    LIMIT_VOTERS = 7,
    LIMIT_INVITATIONS = 8,  /* of agents, open at once */
    LIMIT_AGENT_SLOTS = 40, /* agents that one knows: present, leaving, invited; twice and more */
    LIMIT_CLUSTERS = 8,
    LIMIT_SERVERS = 12, /* of one cluster */
    LIMIT_CHANNELS = 4, /* replication channels of one server */

    LIMIT_GTID_DOMAINS = 16,     /* in one position */
    LIMIT_GTID_PAIRS = 64,       /* (domain, server) pairs in one binlog state */
    LIMIT_GTID_TEXT_SIZE = 2752, /* a state as text: 64 pairs of 43 bytes */

    LIMIT_STEPS = 40,        /* of one operation */
    LIMIT_OPERATIONS = 32,   /* kept in the ledger, of one cluster */
    LIMIT_FINDINGS = 64,     /* of one cluster in one analysis */
    LIMIT_LAG_SAMPLES = 256, /* positions of a primary that are remembered, of one cluster */

    LIMIT_COMMAND_BYTES = 64 * 1024,          /* one raft entry */
    LIMIT_SNAPSHOT_BYTES = 4 * 1024 * 1024,   /* the ledger, encoded */
    LIMIT_FRAME_BYTES = 65535,                /* one frame on the agents' channel */
    LIMIT_MESSAGE_BYTES = 5 * 1024 * 1024,    /* one message; may span frames */
    LIMIT_PEER_QUEUE_BYTES = 8 * 1024 * 1024, /* unsent bytes to one peer */
    LIMIT_PEER_STRANGERS = 32,                /* connections that haven't proved who they are */
    LIMIT_APPEND_BYTES = 256 * 1024,          /* entries of one append message */
    LIMIT_APPEND_ENTRIES = 256,
    LIMIT_INFLIGHT_BYTES = 1024 * 1024,        /* entries sent to one peer, not yet acknowledged */
    LIMIT_UNCOMMITTED_BYTES = 8 * 1024 * 1024, /* entries that a leader takes ahead of a commit */
    LIMIT_LOG_ENTRIES = 16384,                 /* kept in memory; a power of two */
    LIMIT_DISK_REQUESTS = 1024,                /* waiting for the writer thread */
    LIMIT_DISK_SLOW_MS = 1000,                 /* longer, and the disk counts as slow */
    LIMIT_SMALL_BYTES = 448, /* a small durable record: with its frame, one sector */

    LIMIT_CONFIG_BYTES = 64 * 1024,
    LIMIT_CONFIG_LINE_BYTES = 1024,
    LIMIT_HTTP_BODY_BYTES = 64 * 1024,
    LIMIT_HTTP_LISTENERS = 4,
    LIMIT_HTTP_CONNECTIONS = 256, /* of one listener */
    LIMIT_HTTP_CONNECTIONS_PER_ADDRESS = 64,
    LIMIT_HTTP_REQUEST_MS = 5000,      /* a request must be complete by then */
    LIMIT_HTTP_HEAD_BYTES = 16 * 1024, /* request line and headers, and the library's notes */
    LIMIT_HTTP_ANSWER_BYTES = 4 * 1024 * 1024,
    LIMIT_HTTP_ANSWER_HEADERS = 16,
    LIMIT_HTTP_STREAM_BYTES = 256 * 1024, /* written to a stream, not yet taken */

    LIMIT_SQL_TEXT_BYTES = 8 * 1024,      /* one statement of ours */
    LIMIT_SQL_QUEUE = 32,                 /* statements that wait on one connection */
    LIMIT_SQL_COLUMNS = 128,              /* of one result */
    LIMIT_SQL_ROWS = 4096,                /* of one result */
    LIMIT_SQL_RESULT_BYTES = 1024 * 1024, /* its names and cells, each with a NUL */
    LIMIT_TLS_THREADS = 4,                /* TLS handshakes with databases at once */

    LIMIT_PROCESS_WORDS = 32,              /* of a command line */
    LIMIT_PROCESS_LINE_BYTES = 1024,       /* a command line */
    LIMIT_PROCESS_INPUT_BYTES = 64 * 1024, /* standard input of a child */
    LIMIT_PROCESS_OUTPUT_BYTES = 4 * 1024, /* what is kept of a child's output */
};

#endif
