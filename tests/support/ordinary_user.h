// Permissions bind everybody but root, so a test that runs as root becomes nobody for a moment: all of the process.
#pragma once

#include <QtGlobal>

#include <unistd.h>

namespace support {

class AsOrdinaryUser {
  public:
    AsOrdinaryUser() {
        if (geteuid() == 0) changed_ = seteuid(65534) == 0;
    }
    ~AsOrdinaryUser() {
        if (changed_ && seteuid(0) != 0) qFatal("The test could not become root again.");
    }
    AsOrdinaryUser(const AsOrdinaryUser&) = delete;
    AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

  private:
    bool changed_ = false;
};

}  // namespace support
