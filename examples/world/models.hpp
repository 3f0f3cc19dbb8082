// SPDX-License-Identifier: MIT

#ifndef GRIDONE_EXAMPLES_WORLD_MODELS_HPP
#define GRIDONE_EXAMPLES_WORLD_MODELS_HPP

#include "record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace world {

/// A writing system.
struct Script {
    static constexpr std::string_view standard = "15924", table = "scripts";

    std::string alpha_4;
    std::string name;
    std::string numeric;

    [[nodiscard]] const std::string& id() const { return alpha_4; }
    static constexpr auto members() {
        return std::tuple{Member{"alpha_4", &Script::alpha_4}, Member{"name", &Script::name},
                          Member{"numeric", &Script::numeric}};
    }
    friend bool operator==(const Script&, const Script&) = default;
};

/// A country or territory.
struct Country {
    static constexpr std::string_view standard = "3166-1", table = "countries";

    std::string alpha_2;
    std::string alpha_3;
    std::string flag;
    std::string name;
    std::string numeric;
    std::optional<std::string> official_name;
    std::optional<std::string> common_name;

    [[nodiscard]] const std::string& id() const { return alpha_2; }
    static constexpr auto members() {
        return std::tuple{Member{"alpha_2", &Country::alpha_2},
                          Member{"alpha_3", &Country::alpha_3},
                          Member{"flag", &Country::flag},
                          Member{"name", &Country::name},
                          Member{"numeric", &Country::numeric},
                          Member{"official_name", &Country::official_name},
                          Member{"common_name", &Country::common_name}};
    }
    friend bool operator==(const Country&, const Country&) = default;
};

/// A state, province, region … of a country.
struct Subdivision {
    static constexpr std::string_view standard = "3166-2", table = "subdivisions";

    std::string code;
    std::string name;
    std::string type;
    std::optional<std::string> parent;

    [[nodiscard]] const std::string& id() const { return code; }
    static constexpr auto members() {
        return std::tuple{Member{"code", &Subdivision::code}, Member{"name", &Subdivision::name},
                          Member{"type", &Subdivision::type}, Member{"parent", &Subdivision::parent}};
    }
    friend bool operator==(const Subdivision&, const Subdivision&) = default;
};

/// A country that is none any more.
struct FormerCountry {
    static constexpr std::string_view standard = "3166-3", table = "former_countries";

    std::string alpha_2;
    std::string alpha_3;
    std::string alpha_4;
    std::string name;
    std::optional<std::string> numeric;
    std::string withdrawal_date;
    std::optional<std::string> comment;

    [[nodiscard]] const std::string& id() const { return alpha_4; }
    static constexpr auto members() {
        return std::tuple{
            Member{"alpha_2", &FormerCountry::alpha_2}, Member{"alpha_3", &FormerCountry::alpha_3},
            Member{"alpha_4", &FormerCountry::alpha_4}, Member{"name", &FormerCountry::name},
            Member{"numeric", &FormerCountry::numeric}, Member{"withdrawal_date", &FormerCountry::withdrawal_date},
            Member{"comment", &FormerCountry::comment}};
    }
    friend bool operator==(const FormerCountry&, const FormerCountry&) = default;
};

/// A currency or fund.
struct Currency {
    static constexpr std::string_view standard = "4217", table = "currencies";

    std::string alpha_3;
    std::string name;
    std::string numeric;

    [[nodiscard]] const std::string& id() const { return alpha_3; }
    static constexpr auto members() {
        return std::tuple{Member{"alpha_3", &Currency::alpha_3}, Member{"name", &Currency::name},
                          Member{"numeric", &Currency::numeric}};
    }
    friend bool operator==(const Currency&, const Currency&) = default;
};

/// A language in the list that libraries use.
struct BasicLanguage {
    static constexpr std::string_view standard = "639-2", table = "basic_languages";

    std::optional<std::string> alpha_2;
    std::string alpha_3;
    std::string name;
    std::optional<std::string> common_name;
    std::optional<std::string> bibliographic;

    [[nodiscard]] const std::string& id() const { return alpha_3; }
    static constexpr auto members() {
        return std::tuple{Member{"alpha_2", &BasicLanguage::alpha_2}, Member{"alpha_3", &BasicLanguage::alpha_3},
                          Member{"name", &BasicLanguage::name}, Member{"common_name", &BasicLanguage::common_name},
                          Member{"bibliographic", &BasicLanguage::bibliographic}};
    }
    friend bool operator==(const BasicLanguage&, const BasicLanguage&) = default;
};

/// Any language, living or not.
struct Language {
    static constexpr std::string_view standard = "639-3", table = "languages";

    std::optional<std::string> alpha_2;
    std::string alpha_3;
    std::string name;
    std::string scope;
    std::string type;
    std::optional<std::string> inverted_name;
    std::optional<std::string> common_name;
    std::optional<std::string> bibliographic;

    [[nodiscard]] const std::string& id() const { return alpha_3; }
    static constexpr auto members() {
        return std::tuple{Member{"alpha_2", &Language::alpha_2},
                          Member{"alpha_3", &Language::alpha_3},
                          Member{"name", &Language::name},
                          Member{"scope", &Language::scope},
                          Member{"type", &Language::type},
                          Member{"inverted_name", &Language::inverted_name},
                          Member{"common_name", &Language::common_name},
                          Member{"bibliographic", &Language::bibliographic}};
    }
    friend bool operator==(const Language&, const Language&) = default;
};

/// A family or group of languages.
struct LanguageFamily {
    static constexpr std::string_view standard = "639-5", table = "language_families";

    std::string alpha_3;
    std::string name;

    [[nodiscard]] const std::string& id() const { return alpha_3; }
    static constexpr auto members() {
        return std::tuple{Member{"alpha_3", &LanguageFamily::alpha_3}, Member{"name", &LanguageFamily::name}};
    }
    friend bool operator==(const LanguageFamily&, const LanguageFamily&) = default;
};

}  // namespace world

#endif
