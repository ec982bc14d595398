/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_OCI_DATA_H
#define PROTOCOL_OCI_DATA_H

/* A small image and what refers to it, with digests. Public headers only, so the digests are written out. */

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE "application/vnd.oci.image.index.v1+json"
#define DOCKER_TYPE "application/vnd.docker.distribution.manifest.v2+json"

/* A digest that nothing has. */
#define NO_DIGEST "sha256:0000000000000000000000000000000000000000000000000000000000000000"

#define CONFIG "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
#define CONFIG_DIGEST "sha256:c5b1d63604f273462ef36fadac3182d43ae6a6138731cf594b314835cf1c034f"

#define LAYER "the content of a layer"
#define LAYER_DIGEST "sha256:4676e76c35c7568963d0d6e4d182eeafcf7149cc68037a50722ac6bf685f2a63"

#define LAYER_SHA512                                                          \
    "sha512:05a0cd1f604487378157f8f416ad205bdb4cc4afac15ded59ed9c67130971131" \
    "56789c7ca44fba1c677a1452261b3c023d40a76451e2fe9f61df01b155a1d9c5"

#define IMAGE                                                                                             \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"med" \
    "iaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:c5b1d63604f273462ef36f"    \
    "adac3182d43ae6a6138731cf594b314835cf1c034f\",\"size\":78},\"layers\":[{\"mediaType\":\"application"  \
    "/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:4676e76c35c7568963d0d6e4d182eeafcf7149c"      \
    "c68037a50722ac6bf685f2a63\",\"size\":22}],\"annotations\":{\"a\":\"b\"}}"
#define IMAGE_DIGEST "sha256:c08bb802b71b7ad7f833e5774a247c6e4914e49e636d569984d3276405dece8b"

#define IMAGE_SHA512                                                          \
    "sha512:2eccb65bd385e10111509c65e38b606f856ca6b28365216d1ff7704f37ffe482" \
    "dec3962dae2bcc852672d8635768a93764c579f135e41c065ce60552777970ce"

#define OTHER_IMAGE                                                                                       \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"med" \
    "iaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:c5b1d63604f273462ef36f"    \
    "adac3182d43ae6a6138731cf594b314835cf1c034f\",\"size\":78},\"layers\":[{\"mediaType\":\"application"  \
    "/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:4676e76c35c7568963d0d6e4d182eeafcf7149c"      \
    "c68037a50722ac6bf685f2a63\",\"size\":22},{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar"    \
    "+gzip\",\"digest\":\"sha256:4676e76c35c7568963d0d6e4d182eeafcf7149cc68037a50722ac6bf685f2a63\","     \
    "\"size\":22}]}"
#define OTHER_IMAGE_DIGEST "sha256:e80342c3298336bb6cf28042a57a4c48a0e8fb4b1bb9536a5be6e4133e406795"

#define DOCKER_IMAGE                                                                                     \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\",\"con"  \
    "fig\":{\"mediaType\":\"application/vnd.docker.container.image.v1+json\",\"digest\":\"sha256:c5b1d6" \
    "3604f273462ef36fadac3182d43ae6a6138731cf594b314835cf1c034f\",\"size\":78},\"layers\":[{\"mediaTy"   \
    "pe\":\"application/vnd.docker.image.rootfs.diff.tar.gzip\",\"digest\":\"sha256:4676e76c35c756896"   \
    "3d0d6e4d182eeafcf7149cc68037a50722ac6bf685f2a63\",\"size\":22}]}"
#define DOCKER_IMAGE_DIGEST "sha256:104e3fcd8371c6e5cee3b022c912f6bfd122c776a5d19814fa42e995ffddc1f2"

/* Without mediaType, as some tools write it. */
#define UNTYPED_IMAGE                                                                                     \
    "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"diges" \
    "t\":\"sha256:c5b1d63604f273462ef36fadac3182d43ae6a6138731cf594b314835cf1c034f\",\"size\":78},\"l"    \
    "ayers\":[]}"
#define UNTYPED_IMAGE_DIGEST "sha256:1759f78b8743d258265cbb133c20200946c9f448c8724072beeb7b6703b24cbb"

#define INDEX                                                                                              \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[{\"me"  \
    "diaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:c08bb802b71b7ad7f83"     \
    "3e5774a247c6e4914e49e636d569984d3276405dece8b\",\"size\":423,\"platform\":{\"os\":\"linux\",\"archit" \
    "ecture\":\"amd64\"}},{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha2" \
    "56:e80342c3298336bb6cf28042a57a4c48a0e8fb4b1bb9536a5be6e4133e406795\",\"size\":552,\"platform\""      \
    ":{\"os\":\"linux\",\"architecture\":\"arm64\"}}]}"
#define INDEX_DIGEST "sha256:c9b84c93af91c9186ff996fd8367da2e94c46b177d0b37edf5a8437beeb50eff"

/* Its subject is IMAGE. */
#define SIGNATURE                                                                                          \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"artifactType\""   \
    ":\"application/vnd.example.signature\",\"config\":{\"mediaType\":\"application/vnd.oci.image.conf"    \
    "ig.v1+json\",\"digest\":\"sha256:c5b1d63604f273462ef36fadac3182d43ae6a6138731cf594b314835cf1c0"       \
    "34f\",\"size\":78},\"layers\":[],\"subject\":{\"mediaType\":\"application/vnd.oci.image.manifest.v1+" \
    "json\",\"digest\":\"sha256:c08bb802b71b7ad7f833e5774a247c6e4914e49e636d569984d3276405dece8b\",\""     \
    "size\":423},\"annotations\":{\"signed\":\"yes\"}}"
#define SIGNATURE_DIGEST "sha256:c7a9a87fdad99b6d852c4a03a70ed68d6bdd4d26e73c350e19363b525bf9e5ac"

/* Likewise, with the type of its config. */
#define BILL                                                                                              \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"med" \
    "iaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:c5b1d63604f273462ef36f"    \
    "adac3182d43ae6a6138731cf594b314835cf1c034f\",\"size\":78},\"layers\":[{\"mediaType\":\"application"  \
    "/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:4676e76c35c7568963d0d6e4d182eeafcf7149c"      \
    "c68037a50722ac6bf685f2a63\",\"size\":22}],\"subject\":{\"mediaType\":\"application/vnd.oci.image.m"  \
    "anifest.v1+json\",\"digest\":\"sha256:c08bb802b71b7ad7f833e5774a247c6e4914e49e636d569984d32764"      \
    "05dece8b\",\"size\":423}}"
#define BILL_DIGEST "sha256:4f87432921454ef2ceb50424fc4d92623bfc41941781931cab80c09e08fc0668"

/* Names a config and a layer that do not exist. */
#define LOST_IMAGE                                                                                        \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"med" \
    "iaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:3c70115130feb9e974a3a9"    \
    "b2f5588f6296b0f46753ee973d7a3a0643b85dba54\",\"size\":11},\"layers\":[{\"mediaType\":\"application"  \
    "/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:c5279705c877dc0bb41cfe774d1ec5c844c6f40"      \
    "d22f8c483760a50341417f9a9\",\"size\":10},{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar"    \
    "+gzip\",\"digest\":\"sha256:4676e76c35c7568963d0d6e4d182eeafcf7149cc68037a50722ac6bf685f2a63\","     \
    "\"size\":22}]}"
#define LOST_IMAGE_DIGEST "sha256:7d0361f6d715957a973b08fd8adf48ae48a9a8b40177c1577bf7bf4adf52f648"

#define LOST_CONFIG_DIGEST "sha256:3c70115130feb9e974a3a9b2f5588f6296b0f46753ee973d7a3a0643b85dba54"
#define LOST_LAYER_DIGEST "sha256:c5279705c877dc0bb41cfe774d1ec5c844c6f40d22f8c483760a50341417f9a9"

/* Its layer is stored elsewhere. */
#define FOREIGN_IMAGE                                                                                     \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"med" \
    "iaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:c5b1d63604f273462ef36f"    \
    "adac3182d43ae6a6138731cf594b314835cf1c034f\",\"size\":78},\"layers\":[{\"mediaType\":\"application"  \
    "/vnd.oci.image.layer.nondistributable.v1.tar+gzip\",\"digest\":\"sha256:7b1b763ee8f62eb88e4742"      \
    "a760f912d0b19bcd58b2b948999784bacc15a7f4d7\",\"size\":9,\"urls\":[\"https://example.com/layer\"]}"   \
    "]}"
#define FOREIGN_IMAGE_DIGEST "sha256:34a71c38f6196ee5ae6d6c4b795fe1dc12c0705f877883e28f9e213d4b333baf"

#endif
