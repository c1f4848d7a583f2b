extension ReadingDiagnosis {
  /// Ways to write or read labels, the unchanged first.
  var labelReadings: [Reading] {
    var readings = [Reading(id: "", text: "")]
    // Where no objectness is above all classes, labels are as if counted from 1.
    if data.pairs.contains(where: { $0.original.labelAmongObjectness == 0 }) {
      readings.append(
        Reading(
          id: "label-with-objectness", text: "the objectness counts as class 0",
          label: { $0.original.labelAmongObjectness ?? -1 }))
    }
    let offsets = data.pairs.map { $0.patched.label - $0.original.label }.sorted()
    if let offset = offsets.isEmpty ? nil : offsets[offsets.count / 2], offset != 0 {
      let text = "\(offset > 0 ? "+" : "")\(offset) off"
      let plain = Reading(
        id: "label-offset", text: "labels are \(text)", label: { $0.original.label + offset })
      let count = data.pairs.map { $0.original.classes.count }.max() ?? 0
      func around(_ label: Int) -> Int { ((label + offset) % count + count) % count }
      // Classes that were shifted go around at the end, where labels that were do not.
      let goesAround =
        count > 2
        && data.pairs.contains { pair in
          around(pair.original.label) != pair.original.label + offset
            && pair.patched.label == around(pair.original.label)
        }
      let shifted = Reading(
        id: "class-shift", text: "classes are \(text)", label: { around($0.original.label) })
      readings += goesAround ? [shifted] : [plain]
    }
    if let permuted = permutedReading { readings.append(permuted) }
    return readings
  }

  /// Labels that each stand for another, the same for all rows.
  private var permutedReading: Reading? {
    var partners: [Int: [Int: Int]] = [:]
    for pair in data.pairs {
      partners[pair.original.label, default: [:]][pair.patched.label, default: 0] += 1
    }
    let order = partners.compactMapValues { counts in
      counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
    guard order.count > 1, Set(order.values).count == order.count,
      let first = order.filter({ $0.key != $0.value }).min(by: { $0.key < $1.key })
    else { return nil }
    return Reading(
      id: "classes-permuted",
      text: "labels stand for other classes: \(first.value) where \(first.key) is expected",
      label: { order[$0.original.label] ?? $0.original.label })
  }
}

extension ReadingPairs.Numbers {
  /// The first of the largest of objectness and classes, counted together; `nil` where there is no
  /// objectness.
  fileprivate var labelAmongObjectness: Int? {
    guard let objectness, classes.count > 1 else { return nil }
    let all = [objectness] + classes
    return all.max().flatMap { all.firstIndex(of: $0) }
  }
}
