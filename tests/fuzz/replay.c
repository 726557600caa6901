/* Runs a fuzzer over files: fuzz_NAME FILE... The last line counts them. */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

enum { BYTES_MAX = 8 * 1024 * 1024 };

/* A buffer of exactly the file's size, so that the sanitizer sees what reads past it. */
static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long size;
    int rv = -1;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        goto out;
    }
    size = ftell(file);
    if (size < 0 || size > BYTES_MAX || fseek(file, 0, SEEK_SET) != 0) {
        goto out;
    }
    bytes = malloc(size > 0 ? (size_t)size : 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        goto out;
    }
    fuzz_one(bytes, (size_t)size);
    rv = 0;
out:
    free(bytes);
    if (file != NULL) {
        fclose(file);
    }
    return rv;
}

int main(int argc, char **argv)
{
    int passed = 0;
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        if (replay(argv[i]) == 0) {
            passed++;
        } else {
            fprintf(stderr, "%s can't be read\n", argv[i]);
            failed++;
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
