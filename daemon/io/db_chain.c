#include "daemon/io/db_chain.h"

#include <assert.h>

static void on_answer(struct db_query *query, const struct db_result *result,
                      const struct err *why);

static int ask(struct db_chain *chain)
{
    uint64_t now = uv_now(chain->db->loop);

    chain->query.text = chain->steps[chain->step].text;
    chain->query.timeout_ms = chain->deadline_ms > now ? chain->deadline_ms - now : 1;
    chain->query.cb = on_answer;
    return db_query(chain->db, &chain->query);
}

static void on_answer(struct db_query *query, const struct db_result *result, const struct err *why)
{
    struct db_chain *chain = container_of(query, struct db_chain, query);
    const struct db_chain_step *step = &chain->steps[chain->step];
    struct err err = {0};
    int code;

    if (why != NULL) {
        chain->cb(chain, why);
        return;
    }
    if (step->decode != NULL && step->decode(chain, result, &err) != 0) {
        assert(err.code != 0);
        chain->cb(chain, &err);
        return;
    }
    chain->step++;
    if (chain->step == chain->steps_count) {
        chain->cb(chain, NULL);
        return;
    }
    code = ask(chain);
    if (code != 0) {
        err_set(&err, code, "the next statement: %s", err_sentence(code));
        chain->cb(chain, &err);
    }
}

int db_chain_run(struct db_chain *chain, struct db *db)
{
    assert(chain->steps_count > 0);
    assert(chain->timeout_ms > 0);
    assert(chain->cb != NULL);
    chain->db = db;
    chain->step = 0;
    chain->deadline_ms = uv_now(db->loop) + chain->timeout_ms;
    return ask(chain);
}
