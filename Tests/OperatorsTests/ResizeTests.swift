import ONNXGraph
import Operators
import Tensors
import Testing

private func ints(_ values: Int...) -> Tensor { Tensor(values.map { Int64($0) }) }
private func floats(_ values: Float...) -> Tensor { Tensor(values) }

private func near(_ found: Tensor, _ expected: [Float]) -> Bool {
  let found: [Float] = found.elements()
  // A few roundings of numbers up to 25.
  return found.count == expected.count
    && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) }
}

@Suite("Resize and Upsample")
struct ResizeTests {
  /// 1, 4, 9, 16, 25 along the last of four dimensions.
  private static let squares = Tensor([1, 4, 9, 16, 25] as [Float], shape: [1, 1, 1, 5])

  struct Row: CustomTestStringConvertible {
    let mode: String
    let coordinates: String
    var nearest: String?
    var scale: Float?
    var size: Int?
    let expected: [Float]

    init(
      _ mode: String, _ coordinates: String, nearest: String? = nil, scale: Float? = nil,
      size: Int? = nil, _ expected: [Float]
    ) {
      (self.mode, self.coordinates, self.nearest) = (mode, coordinates, nearest)
      (self.scale, self.size, self.expected) = (scale, size, expected)
    }

    var testDescription: String {
      "\(mode) \(coordinates) \(nearest ?? "") \(scale.map { "times \($0)" } ?? "to \(size!)")"
    }
  }

  /// ONNX Runtime 1.32.
  static let rows = [
    Row("linear", "half_pixel", scale: 0.7, [1.642857, 7.214285, 16.64286]),
    Row(
      "linear", "half_pixel", scale: 1.7,
      [1, 2.147059, 3.911765, 6.794118, 10.02941, 14.14706, 18.91176, 24.20588]),
    Row("linear", "half_pixel_symmetric", scale: 0.7, [2.714286, 9, 19.85714]),
    Row(
      "linear", "half_pixel_symmetric", scale: 1.7,
      [1, 2.588235, 4.588235, 7.529411, 11.05882, 15.17647, 20.23529, 25]),
    Row("linear", "pytorch_half_pixel", scale: 0.7, [1.642857, 7.214285, 16.64286]),
    Row(
      "linear", "pytorch_half_pixel", scale: 1.7,
      [1, 2.147059, 3.911765, 6.794118, 10.02941, 14.14706, 18.91176, 24.20588]),
    Row("linear", "align_corners", scale: 0.7, [1, 9, 25]),
    Row(
      "linear", "align_corners", scale: 1.7,
      [1, 2.714286, 4.714286, 7.571429, 11, 15, 19.85714, 25]),
    Row("linear", "asymmetric", scale: 0.7, [1, 6.142858, 15]),
    Row(
      "linear", "asymmetric", scale: 1.7,
      [1, 2.764706, 4.882353, 7.823529, 11.47059, 15.58823, 20.7647, 25]),
    Row("linear", "tf_half_pixel_for_nn", scale: 0.7, [3.142857, 10, 21.14286]),
    Row(
      "linear", "tf_half_pixel_for_nn", scale: 1.7,
      [1.882353, 3.647059, 6.352942, 9.411765, 13.52941, 18.11765, 23.41176, 25]),
    Row("cubic", "half_pixel", scale: 0.7, [1.435402, 6.705907, 16.83828]),
    Row(
      "cubic", "half_pixel", scale: 1.7,
      [0.7078726, 1.766771, 3.828014, 6.351797, 10.15117, 13.53453, 19.51524, 24.39222]),
    Row("cubic", "half_pixel_symmetric", scale: 0.7, [2.215744, 9, 20.51312]),
    Row(
      "cubic", "half_pixel_symmetric", scale: 1.7,
      [0.8827593, 2.104624, 4.630988, 7.004275, 11.04662, 14.74292, 20.89477, 25.35172]),
    Row("cubic", "pytorch_half_pixel", scale: 0.7, [1.435402, 6.705907, 16.83828]),
    Row(
      "cubic", "pytorch_half_pixel", scale: 1.7,
      [0.7078726, 1.766771, 3.828014, 6.351797, 10.15117, 13.53453, 19.51524, 24.39222]),
    Row("cubic", "align_corners", scale: 0.7, [1, 9, 25]),
    Row(
      "cubic", "align_corners", scale: 1.7,
      [1, 2.215744, 4.749273, 7.046643, 11, 14.5102, 20.51312, 25]),
    Row("cubic", "asymmetric", scale: 0.7, [1, 5.862974, 14.5102]),
    Row(
      "cubic", "asymmetric", scale: 1.7,
      [1, 2.262468, 4.89945, 7.315485, 11.36312, 15.33421, 21.41319, 25.61825]),
    Row("cubic", "tf_half_pixel_for_nn", scale: 0.7, [2.661806, 10.12245, 21.7726]),
    Row(
      "cubic", "tf_half_pixel_for_nn", scale: 1.7,
      [1.589253, 3.363116, 6.015872, 9.499693, 12.95176, 18.62568, 23.75798, 25.96173]),
    Row("nearest", "half_pixel", nearest: "round_prefer_floor", size: 2, [4, 16]),
    Row("nearest", "half_pixel", nearest: "round_prefer_floor", size: 3, [1, 9, 25]),
    Row(
      "nearest", "half_pixel", nearest: "round_prefer_floor", size: 10,
      [1, 1, 4, 4, 9, 9, 16, 16, 25, 25]),
    Row("nearest", "asymmetric", nearest: "round_prefer_floor", size: 2, [1, 9]),
    Row("nearest", "asymmetric", nearest: "round_prefer_floor", size: 3, [1, 9, 16]),
    Row(
      "nearest", "asymmetric", nearest: "round_prefer_floor", size: 10,
      [1, 1, 4, 4, 9, 9, 16, 16, 25, 25]),
    Row("nearest", "half_pixel", nearest: "round_prefer_ceil", size: 2, [4, 16]),
    Row("nearest", "half_pixel", nearest: "round_prefer_ceil", size: 3, [1, 9, 25]),
    Row(
      "nearest", "half_pixel", nearest: "round_prefer_ceil", size: 10,
      [1, 1, 4, 4, 9, 9, 16, 16, 25, 25]),
    Row("nearest", "asymmetric", nearest: "round_prefer_ceil", size: 2, [1, 16]),
    Row("nearest", "asymmetric", nearest: "round_prefer_ceil", size: 3, [1, 9, 16]),
    Row(
      "nearest", "asymmetric", nearest: "round_prefer_ceil", size: 10,
      [1, 4, 4, 9, 9, 16, 16, 25, 25, 25]),
    Row("nearest", "half_pixel", nearest: "floor", size: 2, [1, 16]),
    Row("nearest", "half_pixel", nearest: "floor", size: 3, [1, 9, 16]),
    Row("nearest", "half_pixel", nearest: "floor", size: 10, [1, 1, 1, 4, 4, 9, 9, 16, 16, 25]),
    Row("nearest", "asymmetric", nearest: "floor", size: 2, [1, 9]),
    Row("nearest", "asymmetric", nearest: "floor", size: 3, [1, 4, 16]),
    Row("nearest", "asymmetric", nearest: "floor", size: 10, [1, 1, 4, 4, 9, 9, 16, 16, 25, 25]),
    Row("nearest", "half_pixel", nearest: "ceil", size: 2, [4, 25]),
    Row("nearest", "half_pixel", nearest: "ceil", size: 3, [4, 9, 25]),
    Row("nearest", "half_pixel", nearest: "ceil", size: 10, [1, 4, 4, 9, 9, 16, 16, 25, 25, 25]),
    Row("nearest", "asymmetric", nearest: "ceil", size: 2, [1, 16]),
    Row("nearest", "asymmetric", nearest: "ceil", size: 3, [1, 9, 25]),
    Row("nearest", "asymmetric", nearest: "ceil", size: 10, [1, 4, 4, 9, 9, 16, 16, 25, 25, 25]),
  ]

  @Test(arguments: rows)
  func agreesWithONNXRuntime(_ row: Row) throws {
    var attributes: [String: Attribute] = [
      "mode": .string(row.mode), "coordinate_transformation_mode": .string(row.coordinates),
    ]
    attributes["nearest_mode"] = row.nearest.map { .string($0) }
    let scales = row.scale.map { floats(1, 1, 1, $0) }
    let sizes = row.size.map { ints(1, 1, 1, $0) }
    for opset in [11, 13, 19] {
      let found = try run(
        "Resize", opset: opset, inputs: [Self.squares, floats(), scales ?? floats(), sizes],
        attributes: attributes, constantInputs: false)[0]
      #expect(near(found, row.expected), "\(found.elements(of: Float.self))")
    }
  }

  @Test(arguments: rows.filter { $0.mode == "nearest" })
  func nearestTakesTheSameElementInEveryType(_ row: Row) throws {
    func resized<T: Element>(_ convert: (Float) -> T) throws -> Tensor {
      let input = Tensor(
        Self.squares.elements(of: Float.self).map(convert), shape: Self.squares.shape)
      return try result(
        "Resize", opset: 13, input, nil, nil, ints(1, 1, 1, row.size!),
        attributes: [
          "nearest_mode": .string(row.nearest!),
          "coordinate_transformation_mode": .string(row.coordinates),
        ])
    }
    let shape: Shape = [1, 1, 1, row.size!]
    #expect(try resized { Double($0) } == Tensor(row.expected.map { Double($0) }, shape: shape))
    #expect(try resized { Int64($0) } == Tensor(row.expected.map { Int64($0) }, shape: shape))
    #expect(try resized { UInt8($0) } == Tensor(row.expected.map { UInt8($0) }, shape: shape))
    #expect(try resized { $0 > 4 } == Tensor(row.expected.map { $0 > 4 }, shape: shape))
  }

  @Test func tiesThatFloat32BlursAreStillTies() throws {
    // Element 4 of 20 to 6 lies at 14.5, which float32 computes as a little less.
    let input = Tensor((0..<20).map { Float($0) }, shape: [20])
    func resized(_ nearest: String) throws -> [Float] {
      try result(
        "Resize", opset: 13, input, nil, nil, ints(6),
        attributes: ["nearest_mode": .string(nearest)]
      ).elements()
    }
    #expect(try resized("round_prefer_ceil") == [1, 5, 8, 11, 15, 18])
    #expect(try resized("round_prefer_floor") == [1, 4, 8, 11, 14, 18])
  }

  @Test func doublesRowsAndColumns() throws {
    let input = Tensor((0..<12).map { Float($0) }, shape: [1, 2, 2, 3])
    let found: [Float] = try result(
      "Resize", opset: 13, input, nil, floats(1, 1, 2, 2),
      attributes: [
        "coordinate_transformation_mode": .string("asymmetric"), "nearest_mode": .string("floor"),
      ]
    ).elements()
    let expected = (0..<48).map { index in
      let (channel, row, column) = (index / 24, index / 6 % 4, index % 6)
      return Float(channel * 6 + row / 2 * 3 + column / 2)
    }
    #expect(found == expected)
  }

  // MARK: Regions, filters, sizes

  /// ONNX Runtime 1.32.
  @Test(
    arguments: [
      ("nearest", [-1, -1, 4, 9, 9, 16]),
      ("linear", [-1, -1, 3.04, 6.6, 11.52, 17.8]),
      ("cubic", [-1, -1, 2.543872, 6.200638, 11.40019, 18.256]),
    ] as [(String, [Float])])
  func aRegionOutsideIsExtrapolated(mode: String, expected: [Float]) throws {
    let region = floats(0, 0, 0, -0.25, 1, 1, 1, 0.8)
    let attributes: [String: Attribute] = [
      "mode": .string(mode), "coordinate_transformation_mode": .string("tf_crop_and_resize"),
      "extrapolation_value": .float(-1),
    ]
    let found = try result(
      "Resize", opset: 13, Self.squares, region, nil, ints(1, 1, 1, 6), attributes: attributes)
    #expect(near(found, expected))
    let byAxis = try result(
      "Resize", opset: 18, Self.squares, floats(-0.25, 0.8), nil, ints(6),
      attributes: attributes.merging(["axes": .ints([-1])]) { $1 })
    #expect(byAxis == found)
  }

  @Test func aRegionOfTheSameSizeIsStillRead() throws {
    let found = try result(
      "Resize", opset: 13, Self.squares, floats(0, 0, 0, 0.25, 1, 1, 1, 0.75), nil,
      ints(1, 1, 1, 5),
      attributes: [
        "mode": .string("linear"), "coordinate_transformation_mode": .string("tf_crop_and_resize"),
      ])
    #expect(near(found, [4, 6.5, 9, 12.5, 16]))
  }

  @Test func oneElementOfARegionIsItsMiddle() throws {
    let found = try result(
      "Resize", opset: 13, Self.squares, floats(0, 0, 0, 0.25, 1, 1, 1, 0.75), nil,
      ints(1, 1, 1, 1),
      attributes: [
        "mode": .string("linear"), "coordinate_transformation_mode": .string("tf_crop_and_resize"),
      ])
    #expect(near(found, [9]))
  }

  /// ONNX Runtime 1.32.
  @Test(
    arguments: [
      (
        "cubic", false, 1.7,
        [0.8052485, 1.83797, 3.882798, 6.547575, 9.903977, 13.95243, 19.08235, 24.52886]
      ),
      (
        "cubic", true, 1.7,
        [0.7687601, 1.781009, 3.881588, 6.547578, 9.903977, 13.95242, 19.28468, 24.54553]
      ),
    ] as [(String, Bool, Float, [Float])])
  func cubicWithOtherCoefficient(
    mode: String, excludesOutside: Bool, scale: Float, expected: [Float]
  ) throws {
    let found = try result(
      "Resize", opset: 13, Self.squares, nil, floats(1, 1, 1, scale),
      attributes: [
        "mode": .string(mode), "cubic_coeff_a": .float(-0.5),
        "exclude_outside": .int(excludesOutside ? 1 : 0),
      ])
    #expect(near(found, expected))
  }

  /// ONNX Runtime 1.32.
  @Test(
    arguments: [
      ("linear", 0, [2.125, 9.444445, 21.625]), ("linear", 1, [2.285714, 9.444445, 21.14286]),
      ("cubic", 0, [1.650601, 8.976187, 22.00723]), ("cubic", 1, [1.688774, 9.087961, 21.83163]),
    ] as [(String, Int64, [Float])])
  func shrinkingFiltersCanBeStretched(
    mode: String, excludesOutside: Int64, expected: [Float]
  ) throws {
    let found = try result(
      "Resize", opset: 18, Self.squares, nil, floats(1, 1, 1, 0.6),
      attributes: [
        "mode": .string(mode), "antialias": .int(1), "exclude_outside": .int(excludesOutside),
      ])
    #expect(near(found, expected), "\(found.elements(of: Float.self))")
  }

  @Test(arguments: [("not_larger", [7, 7]), ("not_smaller", [9, 9])] as [(String, [Int])])
  func sizesCanKeepTheAspectRatio(policy: String, expected: [Int]) throws {
    let input = Tensor((0..<16).map { Float($0) }, shape: [1, 1, 4, 4])
    let found = try result(
      "Resize", opset: 18, input, nil, nil, ints(7, 9),
      attributes: ["axes": .ints([2, 3]), "keep_aspect_ratio_policy": .string(policy)])
    #expect(found.shape.dimensions == [1, 1] + expected)
  }

  @Test func threeDimensionsAreLinearInEach() throws {
    // A linear function survives linear interpolation between the outer elements.
    let input = Tensor((0..<8).map { Double($0) }, shape: [2, 2, 2])
    let found: [Double] = try result(
      "Resize", opset: 13, input, nil, nil, ints(3, 3, 3),
      attributes: [
        "mode": .string("linear"), "coordinate_transformation_mode": .string("align_corners"),
      ]
    ).elements()
    let expected = (0..<27).map { index in
      let (i, j, k) = (index / 9, index / 3 % 3, index % 3)
      return Double(4 * i + 2 * j + k) / 2
    }
    #expect(found == expected)
  }

  @Test func integersAreCutTowardsZero() throws {
    let input = Tensor([0, 100, 255, 3] as [UInt8], shape: [1, 1, 1, 4])
    let found = try result(
      "Resize", opset: 13, input, nil, floats(1, 1, 1, 2.5), attributes: ["mode": .string("linear")]
    )
    #expect(found.elements(of: UInt8.self) == [0, 10, 50, 90, 146, 208, 229, 129, 28, 3])
    let overshoot = try result(
      "Resize", opset: 13, Tensor([0, 255, 255, 0] as [UInt8], shape: [1, 1, 1, 4]), nil,
      floats(1, 1, 1, 2), attributes: ["mode": .string("cubic")])
    #expect(overshoot.elements(of: UInt8.self).contains(255))
  }

  @Test func lengthsAreRoundedDownInFloat32() throws {
    // In double precision the float32 nearest to 0.7, times 10, is below 7.
    let input = Tensor([Float](repeating: 1, count: 10), shape: [10])
    #expect(try result("Resize", opset: 13, input, nil, floats(0.7)).shape == [7])
  }

  @Test func allAxesUnchangedChangeNothing() throws {
    let found = try result(
      "Resize", opset: 13, Self.squares, nil, floats(1, 1, 1, 1),
      attributes: ["mode": .string("cubic")])
    #expect(found == Self.squares)
  }

  // MARK: Before opset 11

  @Test func oldVersionsAreAsymmetric() throws {
    // ONNX Runtime 1.32; `nearest` rounds up along an axis that shrinks.
    let shrunk = try result("Resize", opset: 10, Self.squares, floats(1, 1, 1, 0.7))
    #expect(near(shrunk, [1, 9, 16]))
    for (mode, expected) in [
      ("nearest", [1, 1, 4, 4, 9, 9, 16, 25]),
      ("linear", [1, 2.764706, 4.882353, 7.823529, 11.47059, 15.58823, 20.7647, 25]),
    ] as [(String, [Float])] {
      let scales = floats(1, 1, 1, 1.7)
      let attributes: [String: Attribute] = ["mode": .string(mode)]
      for (type, opset) in [("Resize", 10), ("Upsample", 9)] {
        let found = try result(type, opset: opset, Self.squares, scales, attributes: attributes)
        #expect(near(found, expected))
      }
      let found = try result(
        "Upsample", opset: 7, Self.squares,
        attributes: attributes.merging(["scales": .floats([1, 1, 1, 1.7])]) { $1 })
      #expect(near(found, expected))
    }
  }

  // MARK: Refusals

  struct Refusal: CustomTestStringConvertible {
    let message: String
    let found: String?
    init(_ message: String, _ found: String?) { (self.message, self.found) = (message, found) }
    var testDescription: String { message }
  }

  static let refusals: [Refusal] = {
    let x = squares
    func scaled(_ scales: Float...) -> String? {
      refusal("Resize", opset: 13, x, nil, Tensor(scales))
    }
    func sized(_ sizes: Int...) -> String? {
      refusal("Resize", opset: 13, x, nil, nil, Tensor(sizes.map { Int64($0) }))
    }
    func with(_ name: String, _ value: Attribute, opset: Int = 19) -> String? {
      refusal("Resize", opset: opset, x, nil, floats(1, 1, 1, 2), attributes: [name: value])
    }
    let crop: [String: Attribute] = [
      "coordinate_transformation_mode": .string("tf_crop_and_resize")
    ]
    return [
      Refusal("expected 4 positive numbers", scaled(1, 1, 2)),
      Refusal("expected 4 positive numbers", scaled(1, 1, 1, -2)),
      Refusal("expected 4 positive numbers", scaled(1, 1, 1, .nan)),
      Refusal("expected 4 positive numbers", scaled(1, 1, 1, .infinity)),
      Refusal("expected a smaller scale", scaled(1, 1, 1, 1e30)),
      Refusal("too many elements", scaled(1e10, 1, 1, 1e10)),
      Refusal("expected at most 16777216", scaled(1, 1, 1, 1e8)),
      Refusal("2 sizes, expected 4", sized(1, 5)),
      Refusal("negative dimension", sized(1, 1, 1, -5)),
      Refusal("expected at most 16777216", sized(1, 1, 1, 1 << 30)),
      Refusal("expected either", refusal("Resize", opset: 13, x)),
      Refusal(
        "expected either",
        refusal("Resize", opset: 13, x, nil, floats(1, 1, 1, 2), ints(1, 1, 1, 10))),
      Refusal(
        "expected elements",
        refusal("Resize", opset: 13, Tensor([] as [Float], shape: [0]), nil, nil, ints(3))),
      Refusal("attribute mode is 'area'", with("mode", .string("area"))),
      Refusal("attribute nearest_mode is 'round'", with("nearest_mode", .string("round"))),
      Refusal("unknown attribute antialias", with("antialias", .int(1), opset: 17)),
      Refusal("axis 4 of 4", with("axes", .ints([4]))),
      Refusal(
        "input 1 is missing",
        refusal("Resize", opset: 13, x, nil, floats(1, 1, 1, 2), attributes: crop)),
      Refusal(
        "expected 8 finite numbers",
        refusal("Resize", opset: 13, x, floats(0, 1), floats(1, 1, 1, 2), attributes: crop)),
      Refusal(
        "expected 8 finite numbers",
        refusal(
          "Resize", opset: 13, x, floats(0, 0, 0, .nan, 1, 1, 1, 1), floats(1, 1, 1, 2),
          attributes: crop)),
      Refusal(
        "mode 'linear' of bool",
        refusal(
          "Resize", opset: 13, Tensor([true, false]), nil, floats(2),
          attributes: ["mode": .string("linear")])),
      Refusal("expected each at least 1", refusal("Upsample", opset: 9, x, floats(1, 1, 1, 0.5))),
      Refusal(
        "expected nearest or linear",
        refusal("Upsample", opset: 9, x, floats(1, 1, 1, 2), attributes: ["mode": .string("cubic")])
      ),
    ]
  }()

  @Test(arguments: refusals)
  func refuses(_ row: Refusal) {
    #expect(row.found?.contains(row.message) == true, "\(row.found ?? "accepted")")
  }
}
