// SPDX-License-Identifier: MIT

#ifndef GRIDONE_SERVICES_DEVICES_MANAGER_ATTRIBUTES_HPP
#define GRIDONE_SERVICES_DEVICES_MANAGER_ATTRIBUTES_HPP

#include "devices_manager/devices.hpp"
#include <gridone/storage.hpp>
#include <gridone/storage/core/json/std_conversions.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace devices_manager {

/// One value of a device, as it was last seen.
struct Attribute {
    std::string device_id{};
    std::string name{};
    nlohmann::json value{};
    std::optional<gs::Timestamp> updated_at{};  // when it was read
    std::optional<gs::Timestamp> changed_at{};  // when it was read and was another than before

    /// A table has one id, and a device each name once.
    [[nodiscard]] std::string id() const { return device_id + '/' + name; }
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Attribute, device_id, name, value, updated_at, changed_at)

namespace attribute {
constexpr auto device_id = gs::field<&Attribute::device_id>;
constexpr auto name = gs::field<&Attribute::name>;
constexpr auto updated_at = gs::field<&Attribute::updated_at>;
}  // namespace attribute

inline const auto stalest_attributes = gs::query<Attribute>().order_by(attribute::updated_at);

inline const auto attributes_table =
    gs::document_table<Attribute>({.table_name = "attributes", .schema_name = "gridone_services"})
        .references(attribute::device_id, devices_table, gs::on_delete::cascade)
        .index(gs::index_for(stalest_attributes));

/// What devices last said. Written all the time, which is why the values are not a part of the devices.
class AttributeStorage {
public:
    explicit AttributeStorage(const gs::Database& db) : attributes_{db.storage(attributes_table)} {}

    /// Stores what one poll has read, all of it or nothing.
    /// @throws gs::ConstraintError  `attributes_device_id_fkey`: there is no such device.
    void save(const std::vector<Attribute>& attributes) { attributes_.write_many(with_ids(attributes)); }
    void save(gs::Transaction& tx, const std::vector<Attribute>& attributes) {
        attributes_.in(tx).write_many(with_ids(attributes));
    }

    /// Stores a value that was read. @throws gs::NotFoundError  the device has no such attribute.
    void record(std::string_view device_id, std::string_view name, const nlohmann::json& value, gs::Timestamp now) {
        const Attribute key{.device_id = std::string{device_id}, .name = std::string{name}};
        attributes_.edit(key.id(), [&](Attribute& attribute) {
            if (attribute.value != value) attribute.changed_at = now;
            attribute.value = value;
            attribute.updated_at = now;
        });
    }

    /// Those of all these devices, by device and name.
    [[nodiscard]] std::vector<Attribute> of(const std::vector<std::string>& device_ids) const {
        return attributes_.query()
            .where(attribute::device_id.in(device_ids))
            .order_by(attribute::device_id, attribute::name)
            .read_all();
    }

    /// Those that were read before this moment or never, longest ago first.
    [[nodiscard]] std::vector<Attribute> stale(gs::Timestamp before) const {
        return attributes_.query(stalest_attributes)
            .where(attribute::updated_at < before || attribute::updated_at.is_null())
            .read_all();
    }

private:
    static std::vector<std::pair<std::string, Attribute>> with_ids(const std::vector<Attribute>& attributes) {
        std::vector<std::pair<std::string, Attribute>> documents;
        for (const Attribute& attribute : attributes) documents.emplace_back(attribute.id(), attribute);
        return documents;
    }

    gs::AnyStorageBackend<Attribute> attributes_;
};

}  // namespace devices_manager

#endif
