#include "ctl/client.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum {
    CLIENT_CONNECT_MS = 3000,
    CLIENT_ANSWER_MS = 30000,
    CLIENT_READ_MS = 5000, /* then the next agent is asked */
    CLIENT_KEY_BYTES = 16,
    CLIENT_HEADER_SIZE = CLIENT_TOKEN_SIZE + 64,
};

/* What one exchange needs at hand. */
struct exchange {
    const char *method;
    const char *path;
    const char *text; /* the body, or NULL */
    const char *key;
    struct buf received;
};

static bool url_valid(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0 ||
           strncmp(url, "unix:/", 6) == 0;
}

int client_init(struct client *client, const char *urls, struct err *err)
{
    memset(client, 0, sizeof *client);
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return err_set(err, ERR_IO, "the libraries libsodium or libcurl don't start");
    }
    while (*urls != '\0') {
        size_t length = strcspn(urls, ",");
        char *url;

        if (client->url_count == CLIENT_URLS || length == 0 || length >= CLIENT_URL_SIZE) {
            return err_set(err, ERR_INVALID, "the list of agents is too long or has a hole: %s",
                           urls);
        }
        url = client->urls[client->url_count];
        memcpy(url, urls, length);
        while (url[length - 1] == '/') {
            url[--length] = '\0';
        }
        if (!url_valid(url)) {
            return err_set(err, ERR_INVALID,
                           "%s is no address of an agent; accepted is http://HOST:PORT, "
                           "https://HOST:PORT or unix:/PATH",
                           url);
        }
        client->url_count++;
        urls += strcspn(urls, ",");
        urls += *urls == ',';
    }
    return client->url_count > 0 ? 0 : err_set(err, ERR_INVALID, "no agent is named");
}

void client_finish(struct client *client)
{
    sodium_memzero(client->token, sizeof client->token);
    curl_global_cleanup();
}

int client_token_file(struct client *client, const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    ssize_t length = 0;
    int rc = 0;

    if (fd < 0) {
        return err_set(err, ERR_INVALID, "token file %s: %m", path);
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        rc = err_set(err, ERR_INVALID, "token file %s: no regular file", path);
        goto out;
    }
    if ((status.st_mode & 077) != 0) {
        rc = err_set(err, ERR_PERMISSION,
                     "token file %s: group or others may read it; chmod 600 it", path);
        goto out;
    }
    length = read(fd, client->token, sizeof client->token - 1);
    if (length <= 0 || (size_t)length == sizeof client->token - 1) {
        rc = err_set(err, ERR_INVALID, "token file %s: empty, too long or unreadable", path);
        goto out;
    }
    client->token[length] = '\0';
    client->token[strcspn(client->token, "\r\n")] = '\0';
out:
    close(fd);
    return rc;
}

static size_t receive(char *data, size_t size, size_t count, void *context)
{
    struct buf *received = context;

    buf_append(received, data, size * count);
    return buf_ok(received) ? size * count : 0;
}

static struct curl_slist *headers(const struct client *client, const struct exchange *exchange)
{
    struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");
    char line[CLIENT_HEADER_SIZE];

    list = curl_slist_append(list, "Expect:");
    if (client->token[0] != '\0') {
        text_format(line, sizeof line, "Authorization: Bearer %s", client->token);
        list = curl_slist_append(list, line);
        sodium_memzero(line, sizeof line);
    }
    if (exchange->text != NULL) {
        list = curl_slist_append(list, "Content-Type: application/json");
        text_format(line, sizeof line, "Idempotency-Key: %s", exchange->key);
        list = curl_slist_append(list, line);
    }
    return list;
}

static void prepare(CURL *curl, const struct client *client, const char *agent, bool last,
                    struct exchange *exchange, char *url, size_t size)
{
    bool others = !last && strcmp(exchange->method, "GET") == 0;

    if (strncmp(agent, "unix:", 5) == 0) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, agent + 5);
        agent = "http://localhost";
    }
    text_format(url, size, "%s%s", agent, exchange->path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, exchange->method);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CLIENT_CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     others ? (long)CLIENT_READ_MS : (long)CLIENT_ANSWER_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange->received);
    if (client->ca != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca);
    }
    if (exchange->text != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->text);
    }
}

/* Asks one agent; the status of HTTP, or 0 and the story. */
static int ask_one(const struct client *client, const char *agent, bool last,
                   struct exchange *exchange, struct err *err)
{
    char story[CURL_ERROR_SIZE] = "";
    char url[CLIENT_URL_SIZE * 2];
    struct curl_slist *list = headers(client, exchange);
    CURL *curl = curl_easy_init();
    long status = 0;
    CURLcode code;

    if (curl == NULL) {
        err_set(err, ERR_NOMEM, "libcurl gives no handle");
        goto out;
    }
    buf_reset(&exchange->received);
    prepare(curl, client, agent, last, exchange, url, sizeof url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, story);
    code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    } else {
        err_set(err, ERR_UNREACHABLE, "%s: %s", agent,
                story[0] != '\0' ? story : curl_easy_strerror(code));
    }
out:
    curl_easy_cleanup(curl);
    curl_slist_free_all(list);
    return (int)status;
}

static void random_key(char *key, size_t size)
{
    uint8_t bytes[CLIENT_KEY_BYTES];

    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(key, size, bytes, sizeof bytes);
}

void client_ask(struct client *client, const char *method, const char *path, const json_t *body,
                struct answer *answer)
{
    char key[CLIENT_KEY_BYTES * 2 + 1];
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    struct exchange exchange = {.method = method, .path = path, .text = text, .key = key};
    unsigned first = client->first;

    memset(answer, 0, sizeof *answer);
    random_key(key, sizeof key);
    buf_init(&exchange.received, LIMIT_HTTP_ANSWER_BYTES);
    for (unsigned i = 0; i < client->url_count; i++) {
        unsigned at = (first + i) % client->url_count;
        struct err err = {0};
        int status = ask_one(client, client->urls[at], i + 1 == client->url_count, &exchange, &err);

        if (status == 0) {
            if (answer->err.code == 0) {
                answer->err = err;
            }
            continue;
        }
        client->first = at;
        json_decref(answer->body);
        answer->status = status;
        answer->body = json_loadb(buf_text(&exchange.received), exchange.received.length, 0, NULL);
        if (status != 503) {
            break;
        }
    }
    buf_finish(&exchange.received);
    if (text != NULL) {
        free(text);
    }
}

void answer_finish(struct answer *answer)
{
    json_decref(answer->body);
    answer->body = NULL;
}

const char *json_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}
