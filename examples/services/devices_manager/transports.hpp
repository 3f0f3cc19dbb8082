// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_DEVICES_MANAGER_TRANSPORTS_HPP
#define GRIDONE_SERVICES_DEVICES_MANAGER_TRANSPORTS_HPP

#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace devices_manager {

namespace gs = gridone::storage;

enum class Protocol { modbus_tcp, mqtt, http };
NLOHMANN_JSON_SERIALIZE_ENUM(Protocol,
                             {{Protocol::modbus_tcp, "modbus_tcp"}, {Protocol::mqtt, "mqtt"}, {Protocol::http, "http"}})

enum class LinkStatus { idle, connected, failed };
NLOHMANN_JSON_SERIALIZE_ENUM(LinkStatus, {{LinkStatus::idle, "idle"},
                                          {LinkStatus::connected, "connected"},
                                          {LinkStatus::failed, "failed"}})

struct Link {
    LinkStatus status = LinkStatus::idle;
    std::string reason{};
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Link, status, reason)

/// A way to devices: a gateway, a broker.
struct Transport {
    std::string name{};
    Protocol protocol = Protocol::http;
    nlohmann::json config = nlohmann::json::object();  // as the protocol has it
    Link link{};
    gs::Timestamp created_at = gs::Timestamp::now();
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Transport, name, protocol, config, link, created_at)

namespace transport {
constexpr auto name = gs::field<&Transport::name>;
constexpr auto config = gs::field<&Transport::config>;
constexpr auto link = gs::field<&Transport::link>;
constexpr auto link_status = gs::field<&Transport::link, &Link::status>;
constexpr auto created_at = gs::field<&Transport::created_at>;
}  // namespace transport

inline const auto transports_table =
    gs::document_table<Transport>({.table_name = "transports", .schema_name = "gridone_services"})
        .unique(transport::name)
        .insert_only(transport::created_at);

/// The transports. Whoever keeps a connection reports its state, while others change the config.
class TransportStorage {
public:
    explicit TransportStorage(const gs::Database& db) : transports_{db.storage(transports_table)} {}

    /// Gives the id of the new transport.
    /// @throws gs::ConstraintError  `transports_name_key`: the name is taken.
    std::string add(const Transport& transport) {
        std::string id = gs::new_id();
        transports_.insert(id, transport);
        return id;
    }

    [[nodiscard]] Transport read(std::string_view id) const { return transports_.read(id); }

    [[nodiscard]] std::vector<gs::Document<Transport>> failed() const {
        return transports_.query().where(transport::link_status == LinkStatus::failed).order_by(transport::name).all();
    }

    /// @throws gs::NotFoundError
    void set_config(std::string_view id, const nlohmann::json& config) {
        transports_.patch(id, transport::config.set(config));
    }

    /// @throws gs::NotFoundError
    void report(std::string_view id, const Link& link) { transports_.patch(id, transport::link.set(link)); }

    /// Removes it, with the devices behind it, which nobody reaches any more.
    bool remove(std::string_view id) { return transports_.remove(id); }

private:
    gs::AnyStorageBackend<Transport> transports_;
};

}  // namespace devices_manager

#endif
