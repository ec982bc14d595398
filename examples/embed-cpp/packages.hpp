/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PACKAGES_HPP
#define PACKAGES_HPP

#include "connection.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <libregistry.hpp>

#include <string_view>

/* Adds a registry under /packages to a Boost.Beast server. The registry also answers below /v2/, the only place where
 * container clients look for one. The server handles all other targets. */
class packages {
  public:
    explicit packages(std::string_view directory) : instance_(directory) {
    }

    /* For the server's own pages. */
    const libregistry::instance &instance() const noexcept {
        return instance_;
    }

    static bool has(boost::beast::string_view target) {
        return target.starts_with("/packages/") || target.starts_with("/v2/");
    }

    /* Answers the request whose head was read; `head` must not limit its body, `buffer` has the bytes read after it.
     * Throws when the connection must be closed at once. Returns whether it may carry another request. */
    bool answer(connection &client, boost::beast::flat_buffer &buffer,
                boost::beast::http::request_parser<boost::beast::http::empty_body> &&head) const;

  private:
    libregistry::instance instance_;
};

#endif
