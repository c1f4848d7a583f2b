import FoundationEssentials
import Tensors

extension Tensor {
  /// The tensor a protobuf message holds, in whichever of ONNX's ways.
  ///
  /// Large `raw_data`, typed fields of the element type's own width and external data are borrowed
  /// from where the parser or the mapping put them; nothing is copied but what must be converted
  /// or is not aligned.
  ///
  /// - Parameter fileData: the tensor's `raw_data`, where the message does not hold it.
  /// - Throws: ``TensorError`` when the data is not there, not all there, or of a type that has no
  ///   ``ElementType``.
  package init(
    _ proto: Onnx_TensorProto, fileData: FileBytes? = nil, externalData: ExternalData
  ) throws(TensorError) {
    guard let elementType = proto.elementType else {
      throw TensorError(
        "is a tensor of \(ElementType.name(ofONNXCode: Int(proto.dataType))), "
          + "which is not supported")
    }
    guard !proto.hasSegment else { throw TensorError("is stored in segments, expected whole") }
    let shape = try Shape(validating: proto.dims.map { Int($0) })
    let byteCount = shape.elementCount * elementType.byteCount

    if proto.dataLocation == .external {
      let (bytes, owner) = try externalData.bytes(proto.externalData, count: byteCount)
      if !Tensor.canBorrow(bytes, as: elementType) { try externalData.copy(byteCount) }
      self.init(elementType, shape, bytes: bytes, owner: owner)
      return
    }
    let typedCount = proto.typedElementCount
    let rawCount = fileData?.bytes.count ?? proto.rawData.count
    if typedCount == 0, rawCount > 0 || proto.hasRawData || shape.elementCount == 0 {
      guard rawCount == byteCount else {
        throw TensorError(
          "raw_data of \(rawCount) bytes, expected \(byteCount) for \(elementType) \(shape)")
      }
      if let fileData {
        self.init(elementType, shape, in: fileData)
      } else {
        self.init(elementType, shape, raw: proto.rawData)
      }
      return
    }
    guard rawCount == 0 else { throw TensorError("has both raw_data and typed data") }
    guard typedCount == shape.elementCount else {
      throw TensorError("\(typedCount) elements, expected \(shape.elementCount) for \(shape)")
    }
    try self.init(elementType, shape, typed: proto)
  }

  /// Bytes that `owner` keeps in place, borrowed where alignment allows.
  private init(
    _ elementType: ElementType, _ shape: Shape, bytes: UnsafeRawBufferPointer, owner: AnyObject
  ) {
    if Tensor.canBorrow(bytes, as: elementType) {
      self.init(
        elementType: elementType, shape: shape,
        storage: TensorStorage(borrowing: bytes, owner: owner))
    } else {
      self.init(elementType, shape, copying: bytes)
      withExtendedLifetime(owner) {}
    }
  }

  private static func canBorrow(
    _ bytes: UnsafeRawBufferPointer, as elementType: ElementType
  ) -> Bool {
    guard !bytes.isEmpty, elementType != .bool else { return false }
    return Int(bitPattern: bytes.baseAddress) % elementType.byteCount == 0
  }

  /// Bytes borrowed from a file wherever they stand.
  private init(_ elementType: ElementType, _ shape: Shape, in data: FileBytes) {
    guard elementType != .bool else {
      self.init(elementType, shape, copying: data.bytes)
      withExtendedLifetime(data.file) {}
      return
    }
    self.init(
      elementType: elementType, shape: shape,
      storage: TensorStorage(borrowing: data.bytes, owner: data.file))
  }

  private init(_ elementType: ElementType, _ shape: Shape, raw data: Data) {
    // A Data longer than itself cannot hold its bytes inline, so they lie on the heap and stay
    // where they are as long as this copy of it, which nobody can write to, lives.
    guard data.count > MemoryLayout<Data>.size else {
      self = data.withUnsafeBytes { Tensor(elementType, shape, copying: $0) }
      return
    }
    let owner = Owner(data)
    self = owner.value.withUnsafeBytes { Tensor(elementType, shape, bytes: $0, owner: owner) }
  }

  private init(_ elementType: ElementType, _ shape: Shape, copying bytes: UnsafeRawBufferPointer) {
    let storage = TensorStorage(byteCount: bytes.count)
    if elementType == .bool {
      for (index, byte) in bytes.enumerated() { storage.bytes[index] = byte == 0 ? 0 : 1 }
    } else {
      storage.bytes.copyMemory(from: bytes)
    }
    self.init(elementType: elementType, shape: shape, storage: storage)
  }

  private init(
    _ elementType: ElementType, _ shape: Shape, typed proto: Onnx_TensorProto
  ) throws(TensorError) {
    switch elementType {
    case .float32: self.init(borrowing: try proto.floatData.expected("float_data", shape), shape)
    case .float64: self.init(borrowing: try proto.doubleData.expected("double_data", shape), shape)
    case .int64: self.init(borrowing: try proto.int64Data.expected("int64_data", shape), shape)
    case .uint64: self.init(borrowing: try proto.uint64Data.expected("uint64_data", shape), shape)
    case .int32: self.init(borrowing: try proto.int32Data.expected("int32_data", shape), shape)
    case .uint32: self.init(try proto.uint64Data.narrowed("uint64_data", UInt32.self, shape), shape)
    case .int8: self.init(try proto.narrowInt32Data(Int8.self, shape), shape)
    case .int16: self.init(try proto.narrowInt32Data(Int16.self, shape), shape)
    case .uint8: self.init(try proto.narrowInt32Data(UInt8.self, shape), shape)
    case .uint16: self.init(try proto.narrowInt32Data(UInt16.self, shape), shape)
    case .float16:
      self.init(try proto.narrowInt32Data(UInt16.self, shape).map(Half.init(bits:)), shape)
    case .bfloat16:
      self.init(try proto.narrowInt32Data(UInt16.self, shape).map(BFloat16.init(bits:)), shape)
    case .bool:
      self.init(try proto.int32Data.expected("int32_data", shape).map { $0 != 0 }, shape)
    }
  }

  private init<T: Element>(_ elements: [T], _ shape: Shape) { self.init(elements, shape: shape) }

  /// An array of the element type's own layout, borrowed: its elements stay in place as long as
  /// this copy of it, which nobody can write to, lives.
  private init<T: Element>(borrowing elements: [T], _ shape: Shape) {
    let owner = Owner(elements)
    self = owner.value.withUnsafeBytes { Tensor(T.elementType, shape, bytes: $0, owner: owner) }
  }
}

private final class Owner<Value: Sendable>: Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

extension Onnx_TensorProto {
  fileprivate var typedElementCount: Int {
    floatData.count + doubleData.count + int32Data.count + int64Data.count + uint64Data.count
  }

  fileprivate func narrowInt32Data<T: FixedWidthInteger>(
    _ type: T.Type, _ shape: Shape
  ) throws(TensorError) -> [T] {
    try int32Data.narrowed("int32_data", type, shape)
  }
}

extension Array {
  /// This array, when it is the field that holds the data.
  fileprivate func expected(_ field: String, _ shape: Shape) throws(TensorError) -> Self {
    guard count == shape.elementCount else {
      throw TensorError("\(count) elements in \(field), expected \(shape.elementCount)")
    }
    return self
  }
}

extension Array where Element: FixedWidthInteger {
  fileprivate func narrowed<T: FixedWidthInteger>(
    _ field: String, _ type: T.Type, _ shape: Shape
  ) throws(TensorError) -> [T] {
    let elements = try expected(field, shape)
    if let outside = elements.first(where: { T(exactly: $0) == nil }) {
      throw TensorError("\(field) holds \(outside), expected \(T.min) to \(T.max)")
    }
    return elements.map { T(truncatingIfNeeded: $0) }
  }
}
