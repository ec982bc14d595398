/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PACKAGES_HPP
#define PACKAGES_HPP

#include "connection.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <libregistry.hpp>

#include <string_view>

/* Gives a server of Boost.Beast a registry under /packages. The registry also answers below /v2/: container clients
 * look for a registry there, and nowhere else. All other targets stay with the server. */
class packages {
  public:
    explicit packages(std::string_view directory) : instance_(directory) {
    }

    /* For pages of the server's own. */
    const libregistry::instance &instance() const noexcept {
        return instance_;
    }

    static bool has(boost::beast::string_view target) {
        return target.starts_with("/packages/") || target.starts_with("/v2/");
    }

    /* Answers the request whose head was read, without a limit on its body; what was read behind it is in `buffer`.
     * Throws when the connection is to be closed at once. Returns whether it may carry another request. */
    bool answer(connection &client, boost::beast::flat_buffer &buffer,
                boost::beast::http::request_parser<boost::beast::http::empty_body> &&head) const;

  private:
    libregistry::instance instance_;
};

#endif
