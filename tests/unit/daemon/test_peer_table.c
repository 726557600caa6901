/* Who is known changes while connections are there. */
#include "tests/unit/main.h"

#include "tests/unit/daemon/peer_fixture.h"

START_TEST(an_agent_is_added_and_removed_while_others_talk)
{
    start_agent(1, 2, 1);
    start_agent(2, 2, 2);
    start_agent(3, 3, 3); /* knows both; nobody knows it */
    wait_story(1, "+2 ");
    ck_assert_int_eq(peers_add(&agents[1].peers, 7, &table[3], NULL), 0); /* by any number */
    wait_story(1, "+7 ");
    wait_story(3, "+1 ");
    ck_assert_int_eq(send_filled(3, 1, PEER_CALL, 5, 'x'), 0);
    wait_story(1, "7:PEER_CALL:5:x ");
    peers_remove(&agents[1].peers, 7);
    wait_story(1, "-7:removed ");
    ck_assert_str_eq(peers_name(&agents[1].peers, 7), "");
    ck_assert_uint_eq(peers_find(&agents[1].peers, "a3"), 0);
    wait_story(3, "-1:ended ");
    ck_assert(peers_connected(&agents[1].peers, 2));
    ck_assert_int_eq(peers_add(&agents[1].peers, 7, &table[3], NULL), 0);
    wait_story(1, "-7:removed +7 ");
}
END_TEST

/* Agent 2 knew nothing, and spoke with both; then it learns that it belongs to 3's cluster. */
START_TEST(MC_17_who_learns_its_cluster_leaves_the_others)
{
    uint64_t refused;

    start_agent(2, 3, 2);
    peers_set_cluster(&agents[2].peers, 0, true);
    start_agent(1, 3, 1); /* never recovered */
    start_agent(3, 3, 3);
    peers_set_cluster(&agents[3].peers, 9, false);
    wait_story(2, "+1 ");
    wait_story(2, "+3 ");
    peers_set_cluster(&agents[2].peers, 9, false);
    wait_story(2, "-1:other_cluster ");
    ck_assert(peers_connected(&agents[2].peers, 3));
    refused = peers_closed(&agents[2].peers, PEER_OTHER_CLUSTER);
    wait_reason(2, PEER_OTHER_CLUSTER, refused + 1); /* it tries again, in vain */
    ck_assert(!peers_connected(&agents[2].peers, 1));
    send_filled(3, 2, PEER_RAFT, 4, 'z');
    wait_story(2, "3:PEER_RAFT:4:z ");
}
END_TEST

/* Both knew nothing when they met. */
START_TEST(MC_17_two_newcomers_that_went_different_ways_part)
{
    start_agent(1, 2, 1);
    start_agent(2, 2, 2);
    peers_set_cluster(&agents[1].peers, 0, true);
    peers_set_cluster(&agents[2].peers, 0, true);
    wait_story(1, "+2 ");
    wait_story(2, "+1 ");
    peers_set_cluster(&agents[2].peers, 5, false);
    peers_told_cluster(&agents[1].peers, 2, 5, false); /* says 2 */
    ck_assert(peers_connected(&agents[1].peers, 2));
    peers_set_cluster(&agents[1].peers, 7, false);
    ck_assert(!peers_connected(&agents[1].peers, 2));
    ck_assert_ptr_nonnull(strstr(buf_text(&agents[1].story), "-2:other_cluster "));
    peers_told_cluster(&agents[1].peers, 2, 7, false); /* too late, and no harm */
}
END_TEST

START_TEST(the_smaller_name_connects_whatever_the_numbers)
{
    struct conf_peer other = table[1];

    start_agent(2, 2, 2);
    agents[1].closed = false;
    ck_assert_int_eq(peers_open(&agents[1].peers,
                                &(struct peers_config){
                                    .loop = &loop,
                                    .log = &log_,
                                    .self = 30,
                                    .name = "a1",
                                    .listen = "", /* nobody can connect to it */
                                    .keys = &keys[1],
                                    .start_id = 1,
                                    .hooks = {on_connected, on_disconnected, on_message},
                                    .context = &agents[1],
                                },
                                NULL),
                     0);
    agents[1].running = true;
    ck_assert_int_eq(peers_add(&agents[1].peers, 3, &table[2], NULL), 0);
    wait_story(1, "+3 ");
    wait_story(2, "+1 ");
    text_copy(other.address, sizeof other.address, "nowhere");
    ck_assert_int_eq(peers_add(&agents[1].peers, 4, &other, NULL), ERR_INVALID);
    other.address[0] = '\0'; /* is waited for */
    text_copy(other.name, sizeof other.name, "b1");
    ck_assert_int_eq(peers_add(&agents[1].peers, 4, &other, NULL), 0);
}
END_TEST

START_TEST(an_agent_that_moved_is_found_at_its_new_address)
{
    char address[LIMIT_ADDRESS_SIZE];

    start_agent(1, 2, 1);
    wait_reason(1, PEER_CONNECT_FAILED, 1);
    text_format(address, sizeof address, "127.0.0.1:%u", free_port());
    text_copy(table[2].address, sizeof table[2].address, address);
    start_agent(2, 2, 2);
    ck_assert_int_eq(peers_move(&agents[1].peers, 2, "nowhere", NULL), ERR_INVALID);
    ck_assert_int_eq(peers_move(&agents[1].peers, 2, address, NULL), 0);
    wait_story(1, "+2 ");
}
END_TEST

/* Its connection isn't confirmed yet: it must not be believed under a number that went. */
START_TEST(a_stranger_whose_entry_goes_is_closed)
{
    uint8_t out[FRAME_BYTES_MAX];
    struct raw *raw = calloc(1, sizeof *raw);
    uint8_t ephemeral[KEYS_BYTES];

    start_agent(2, 2, 2);
    raw->fd = raw_connect(2);
    raw->self = (struct channel_self){.id = 1, .keys = keys[1], .start_id = 5};
    for (unsigned i = 0; i < 2; i++) {
        text_copy(raw->self.peers[i].name, LIMIT_NAME_SIZE, table[i + 1].name);
        memcpy(raw->self.peers[i].key, table[i + 1].key, KEYS_BYTES);
    }
    randombytes_buf(ephemeral, sizeof ephemeral);
    channel_init(&raw->channel, &raw->self, 2, ephemeral);
    raw_write(raw, out, channel_write(&raw->channel, out, sizeof out));
    ck_assert(wait_for(raw_reads_open, &raw)); /* for a2 it is one that has not confirmed */
    peers_remove(&agents[2].peers, 1);
    wait_reason(2, PEER_REMOVED, 1);
    ck_assert_str_eq(buf_text(&agents[2].story), "");
    raw_free(raw);
}
END_TEST

Suite *suite_make(void)
{
    Suite *suite = suite_create("peer_table");
    TCase *tcase = tcase_create("peer");

    if (sodium_init() < 0) {
        abort();
    }
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_agent_is_added_and_removed_while_others_talk);
    tcase_add_test(tcase, MC_17_who_learns_its_cluster_leaves_the_others);
    tcase_add_test(tcase, MC_17_two_newcomers_that_went_different_ways_part);
    tcase_add_test(tcase, the_smaller_name_connects_whatever_the_numbers);
    tcase_add_test(tcase, an_agent_that_moved_is_found_at_its_new_address);
    tcase_add_test(tcase, a_stranger_whose_entry_goes_is_closed);
    suite_add_tcase(suite, tcase);
    return suite;
}
